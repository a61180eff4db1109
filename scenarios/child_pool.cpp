// SPDX-License-Identifier: Apache-2.0
#include "scenarios/child_pool.h"

#include <algorithm>
#include <list>
#include <numeric>

#include "models/base/config/input_errors.h"
#include "scenarios/child_process.h"
#include "scenarios/interruption.h"

namespace migsim {
namespace {

// The first character of what a child sends says what it is. An error may hold newlines, so whatever comes
// last goes to the end.
constexpr char told_mark = '.', answer_mark = '=', input_mark = '?', failure_mark = '!';

void answer(const ChildJob& job, const ChildProcess::Send& send) {
    try {
        send(answer_mark + job.run([&](const std::string& line) { send(told_mark + line); }));
    } catch (const InputError& error) {
        send(input_mark + std::string(error.what()));
    } catch (const std::exception& error) {
        send(failure_mark + std::string(error.what()));
    }
}

class Pool {
public:
    Pool(const std::vector<ChildJob>& jobs, const SystemcProcess& systemc, ProgressMeter& meter,
         const ChildNews& news)
        : jobs_(jobs), systemc_(systemc), meter_(meter), news_(news), waiting_(jobs.size()) {
        for (const ChildJob& job : jobs) meter.add(job.name, job.weight);
        // Long ones first, or a core would stand idle at the end.
        std::iota(waiting_.begin(), waiting_.end(), std::size_t{0});
        std::stable_sort(waiting_.begin(), waiting_.end(),
                         [&](std::size_t a, std::size_t b) { return jobs[a].weight < jobs[b].weight; });
    }

    void to_the_end(unsigned side_by_side, ProgressLine& progress) {
        while (!waiting_.empty() || !children_.empty()) {
            while (!waiting_.empty() && children_.size() < side_by_side) start_next();
            wait_for_news();
            progress.show(meter_);
        }
    }

private:
    struct Child {
        std::size_t job;
        ChildProcess process;
        std::string last_words{}; // with their mark
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
        for (const std::string& line : child.process.receive()) {
            if (child.last_words.empty() && line.starts_with(told_mark))
                news_.told(child.job, line.substr(1));
            else
                child.last_words += (child.last_words.empty() ? "" : "\n") + line;
        }
        if (child.process.ended()) conclude(child);
    }

    void conclude(const Child& child) {
        const std::string& name = jobs_[child.job].name;
        const std::string failure = child.process.failure();
        if (!failure.empty()) throw SimulatorError(name + " " + failure);
        if (child.last_words.empty()) throw SimulatorError(name + " ended without an answer");
        const char mark = child.last_words.front();
        const std::string words = child.last_words.substr(1);
        if (mark == input_mark) throw InputError(words);
        if (mark == failure_mark) throw SimulatorError(name + ": " + words);
        meter_.finish(child.job);
        news_.answered(child.job, words);
    }

    const std::vector<ChildJob>& jobs_;
    const SystemcProcess& systemc_;
    ProgressMeter& meter_;
    const ChildNews& news_;
    Interruption interruption_;
    std::vector<std::size_t> waiting_; // the next one at the back
    std::list<Child> children_;
};

} // namespace

void run_jobs(const std::vector<ChildJob>& jobs, const SystemcProcess& systemc, unsigned side_by_side,
              ProgressMeter& meter, ProgressLine& progress, const ChildNews& news) {
    Pool(jobs, systemc, meter, news).to_the_end(side_by_side, progress);
}

std::vector<std::string> run_jobs(const std::vector<ChildJob>& jobs, const SystemcProcess& systemc,
                                  unsigned side_by_side, ProgressLine& progress) {
    std::vector<std::string> answers(jobs.size());
    ProgressMeter meter;
    run_jobs(jobs, systemc, side_by_side, meter, progress,
             {[](std::size_t, const std::string&) {},
              [&](std::size_t job, const std::string& line) { answers[job] = line; }});
    return answers;
}

} // namespace migsim
