// SPDX-License-Identifier: Apache-2.0
#include "scenarios/child_pool.h"

#include <algorithm>
#include <list>
#include <numeric>

#include "models/base/config/input_errors.h"
#include "scenarios/child_process.h"
#include "scenarios/experiment.h"
#include "scenarios/interruption.h"

namespace migsim {
namespace {

// The first character of what a child sends says what it is. An error may hold newlines, so it comes last and
// to the end.
constexpr char answer_mark = '=', input_mark = '?', failure_mark = '!';

void answer(const ChildJob& job, const ChildProcess::Send& send) {
    try {
        send(answer_mark + job.run());
    } catch (const InputError& error) {
        send(input_mark + std::string(error.what()));
    } catch (const std::exception& error) {
        send(failure_mark + std::string(error.what()));
    }
}

class Pool {
public:
    Pool(const std::vector<ChildJob>& jobs, const SystemcProcess& systemc, ProgressLine& progress)
        : jobs_(jobs), systemc_(systemc), progress_(progress), heard_(jobs.size()), waiting_(jobs.size()) {
        for (const ChildJob& job : jobs) meter_.add(job.name, job.weight);
        // Long ones first, or a core would stand idle at the end.
        std::iota(waiting_.begin(), waiting_.end(), std::size_t{0});
        std::stable_sort(waiting_.begin(), waiting_.end(),
                         [&](std::size_t a, std::size_t b) { return jobs[a].weight < jobs[b].weight; });
    }

    std::vector<std::string> to_the_end(unsigned side_by_side) {
        while (!waiting_.empty() || !children_.empty()) {
            while (!waiting_.empty() && children_.size() < side_by_side) start_next();
            wait_for_news();
            progress_.show(meter_);
        }
        return std::move(heard_);
    }

private:
    struct Child {
        std::size_t job;
        ChildProcess process;
    };

    void start_next() {
        const std::size_t job = waiting_.back();
        waiting_.pop_back();
        children_.push_back({job, ChildProcess([&, job](const ChildProcess::Send& send) {
                                 interruption_.leave_to_parent();
                                 return systemc_([&] {
                                     answer(jobs_[job], send);
                                     return 0;
                                 });
                             })});
    }

    void wait_for_news() {
        std::vector<pollfd> watched;
        for (const Child& child : children_) watched.push_back({child.process.pipe(), POLLIN, 0});
        interruption_.poll(watched, 500); // now and then without news, for the progress line
        if (interruption_.happened()) throw Interrupted();
        auto file = watched.begin();
        for (Child& child : children_)
            if ((file++)->revents) hear(child);
        std::erase_if(children_, [](const Child& child) { return child.process.ended(); });
    }

    void hear(Child& child) {
        std::string& heard = heard_[child.job];
        for (const std::string& line : child.process.receive()) heard += (heard.empty() ? "" : "\n") + line;
        if (!child.process.ended()) return;
        const std::string& name = jobs_[child.job].name;
        const std::string failure = child.process.failure();
        if (!failure.empty()) throw SimulatorError(name + " " + failure);
        if (heard.empty()) throw SimulatorError(name + " ended without an answer");
        const char mark = heard.front();
        heard.erase(0, 1);
        if (mark == input_mark) throw InputError(heard);
        if (mark == failure_mark) throw SimulatorError(name + ": " + heard);
        meter_.finish(child.job);
    }

    const std::vector<ChildJob>& jobs_;
    const SystemcProcess& systemc_;
    ProgressLine& progress_;
    Interruption interruption_;
    ProgressMeter meter_;
    std::vector<std::string> heard_;
    std::vector<std::size_t> waiting_; // the next one at the back
    std::list<Child> children_;
};

} // namespace

std::vector<std::string> run_jobs(const std::vector<ChildJob>& jobs, const SystemcProcess& systemc,
                                  unsigned side_by_side, ProgressLine& progress) {
    return Pool(jobs, systemc, progress).to_the_end(side_by_side);
}

} // namespace migsim
