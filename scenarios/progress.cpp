// SPDX-License-Identifier: Apache-2.0
#include "scenarios/progress.h"

#include <algorithm>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace migsim {
namespace {

std::string clock_text(double seconds) {
    const auto whole = static_cast<std::uint64_t>(std::max(0.0, seconds + 0.5));
    return whole < 3600 ? fmt::format("{}:{:02}", whole / 60, whole % 60)
                        : fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

std::size_t columns_of(std::FILE* stream) {
    winsize size{};
    return ::ioctl(::fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col : 80;
}

} // namespace

void ProgressMeter::add(std::string name, double weight) {
    simulations_.push_back({std::move(name), weight});
}

void ProgressMeter::update(std::size_t simulation, double fraction, std::uint64_t line_transactions) {
    simulations_[simulation].fraction = std::clamp(fraction, 0.0, 1.0);
    simulations_[simulation].lines = line_transactions;
}

void ProgressMeter::finish(std::size_t simulation) {
    simulations_[simulation].fraction = 1;
    simulations_[simulation].finished = true;
}

double ProgressMeter::fraction() const {
    double done = 0, all = 0;
    for (const Simulation& simulation : simulations_) {
        done += simulation.fraction * simulation.weight;
        all += simulation.weight;
    }
    return all > 0 ? done / all : 1;
}

std::string ProgressMeter::text(std::chrono::duration<double> elapsed) const {
    std::string running;
    std::uint64_t lines = 0;
    std::size_t finished = 0;
    for (const Simulation& simulation : simulations_) {
        lines += simulation.lines;
        finished += simulation.finished;
        if (!simulation.finished && simulation.fraction > 0)
            running += fmt::format("{} {:.0f}%, ", simulation.name, simulation.fraction * 100);
    }
    std::string text = fmt::format("{:3.0f}%  {}{} of {} done, {:.1f} M lines", fraction() * 100, running,
                                   finished, simulations_.size(), static_cast<double>(lines) / 1e6);
    if (elapsed.count() > 0.5 && lines > 0)
        text += fmt::format(", {:.1f} M/s", static_cast<double>(lines) / 1e6 / elapsed.count());
    if (const double done = fraction(); done > 0.01 && done < 1 && elapsed.count() > 0.5)
        text += fmt::format(", {} left", clock_text(elapsed.count() * (1 - done) / done));
    return text;
}

ProgressLine::Style ProgressLine::style_of(std::FILE* stream, bool quiet) {
    if (quiet) return Style::Silent;
    return ::isatty(::fileno(stream)) ? Style::Terminal : Style::Log;
}

ProgressLine::ProgressLine(std::FILE* stream, Style style) : stream_(stream), style_(style) {}

ProgressLine::~ProgressLine() {
    wipe();
}

void ProgressLine::wipe() {
    if (!line_is_out_) return;
    std::fputs("\r\x1b[K", stream_);
    std::fflush(stream_);
    line_is_out_ = false;
}

void ProgressLine::show(const ProgressMeter& meter) {
    const auto between =
        style_ == Style::Terminal ? std::chrono::milliseconds(100) : std::chrono::seconds(20);
    const auto now = Clock::now();
    if (style_ == Style::Silent || now - shown_ < between) return;
    shown_ = now;
    std::string text = meter.text(now - start_);
    if (style_ == Style::Log) {
        std::fprintf(stream_, "%s\n", text.c_str());
    } else {
        text.resize(
            std::min(text.size(), columns_of(stream_) - 1)); // a wrapped line could not be written over
        std::fprintf(stream_, "\r%s\x1b[K", text.c_str());
        line_is_out_ = true;
    }
    std::fflush(stream_);
}

void ProgressLine::note(const std::string& line) {
    if (style_ == Style::Silent) return;
    wipe();
    std::fprintf(stream_, "%s\n", line.c_str());
    std::fflush(stream_);
}

} // namespace migsim
