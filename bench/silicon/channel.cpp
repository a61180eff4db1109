// SPDX-License-Identifier: Apache-2.0
#include "bench/silicon/channel.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include <unistd.h>

namespace migsim::silicon {
namespace {

std::string exact(double value) {
    char text[40];
    std::snprintf(text, sizeof text, "%.17g", value);
    return text;
}

// Fields are separated by tabs; within one there is none.
std::string plain(std::string text) {
    for (char& c : text)
        if (static_cast<unsigned char>(c) < ' ') c = ' ';
    return text;
}

std::vector<std::string> split(std::string_view line) {
    std::vector<std::string> fields;
    for (std::size_t end; (end = line.find('\t')) != line.npos; line.remove_prefix(end + 1))
        fields.emplace_back(line.substr(0, end));
    fields.emplace_back(line);
    return fields;
}

} // namespace

void Channel::send(const std::string& line) {
    for (std::size_t sent = 0; sent < line.size();) {
        const ssize_t now = ::write(descriptor_, line.data() + sent, line.size() - sent);
        if (now < 0 && errno == EINTR) continue;
        if (now < 0) throw std::runtime_error("the program that started this experiment is gone");
        sent += static_cast<std::size_t>(now);
    }
}

void Channel::point(const MeasuredPoint& point) {
    std::string line = "point\t" + point.question + "\t" + point.variant + "\t" + plain(point.name) + "\t" +
                       exact(point.at) + "\t" + exact(point.clock_mhz);
    for (const double sample : point.samples) line += "\t" + exact(sample);
    send(line + "\n");
}

void Channel::unfinished(const std::string& why) {
    send("unfinished\t" + plain(why) + "\n");
}

void Channel::fact(const std::string& key, const std::string& value) {
    send("fact\t" + key + "\t" + plain(value) + "\n");
}

Heard heard(std::string_view text) {
    Heard all;
    for (std::size_t end; (end = text.find('\n')) != text.npos; text.remove_prefix(end + 1)) {
        const std::vector<std::string> fields = split(text.substr(0, end));
        if (fields[0] == "point" && fields.size() > 6) {
            MeasuredPoint point{fields[1], fields[2],
                                fields[3], std::strtod(fields[4].c_str(), nullptr),
                                {},        std::strtod(fields[5].c_str(), nullptr)};
            for (std::size_t i = 6; i < fields.size(); ++i)
                point.samples.push_back(std::strtod(fields[i].c_str(), nullptr));
            all.points.push_back(std::move(point));
        } else if (fields[0] == "unfinished" && fields.size() == 2) {
            all.unfinished = fields[1];
        } else if (fields[0] == "fact" && fields.size() == 3) {
            all.facts[fields[1]] = fields[2];
        }
    }
    return all;
}

} // namespace migsim::silicon
