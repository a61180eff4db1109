// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <optional>
#include <sstream>
#include <unordered_map>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include "models/base/config/input_errors.h"
#include "models/base/config/node.h"
#include "models/base/config/node_path.h"
#include "models/base/config/relative_path.h"
#include "models/base/config/text_file.h"

namespace migsim {
namespace {

constexpr std::size_t deepest = 64;
// Far above any honest file; what ten nested aliases of ten items each reach within a few lines.
constexpr std::size_t most_values = 1'000'000;

// Turns yaml-cpp's events into Nodes, refusing what YAML allows and we do not.
class Builder final : public YAML::EventHandler {
public:
    Builder(std::string_view text, std::string file) : text_(text), file_(std::move(file)) {}

    Node take_root() {
        duplicates_.throw_if_any();
        if (root_.kind == Node::Kind::Null)
            refuse({file_, 1, 1}, "", "is empty; nothing but comments stands in it");
        return std::move(root_);
    }

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (++documents_ == 1) return;
        const bool is_marked = text_.substr(static_cast<std::size_t>(mark.pos)).starts_with("---");
        refuse(place(mark), "",
               is_marked ? "a second document starts here; a file holds one document (one `---` at most)"
                         : "does not belong to what stands before it; legal: the same indentation for all of "
                           "a list or map");
    }
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        Node node;
        node.place = place(mark);
        finish(std::move(node), anchor);
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const auto target = anchors_.find(anchor);
        if (target == anchors_.end()) refuse(place(mark), "", "this alias refers to the value it stands in");
        count(place(mark), target->second.size);
        if (open_.size() + target->second.depth > deepest) refuse_depth(mark);
        attach(Node(target->second.node), target->second.size, target->second.depth);
    }

    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        refuse_tag(mark, tag);
        const bool is_quoted = tag == "!"; // yaml-cpp's mark for it
        if (is_quoted) check_quote(mark);
        Node node = is_quoted ? Node::text(value) : Node::plain(value);
        node.place = place(mark);
        finish(std::move(node), anchor);
    }

    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open(mark, tag, anchor, Node::sequence());
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        open(mark, tag, anchor, Node::map());
    }
    void OnMapEnd() override { close(); }

private:
    struct Open { // a list or map whose end has not come yet
        Node node;
        YAML::anchor_t anchor = 0;
        std::size_t size = 1;  // values in it, itself included
        std::size_t depth = 1; // levels in it, itself included
        std::optional<Node> key;
        std::unordered_map<std::string, Place> keys;
    };
    struct Anchored {
        Node node;
        std::size_t size;
        std::size_t depth;
    };

    Place place(const YAML::Mark& mark) const {
        return {file_, static_cast<std::uint32_t>(mark.line + 1),
                static_cast<std::uint32_t>(mark.column + 1)};
    }

    void count(const Place& place, std::size_t values) {
        values_ += values;
        if (values_ > most_values)
            refuse(place, "",
                   "with its aliases written out the file holds more than " + std::to_string(most_values) +
                       " values");
    }

    void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
        const bool is_bare = tag == "!" && text_[static_cast<std::size_t>(mark.pos)] == '!';
        if (!is_bare && (tag.empty() || tag == "?" || tag == "!")) return;
        refuse(place(mark), "", "the tag " + shown(tag) + " is not allowed; a value's key says what it is");
    }

    // yaml-cpp ends a quoted value silently at the end of the file, closing quote or not.
    void check_quote(const YAML::Mark& mark) {
        std::size_t open = static_cast<std::size_t>(mark.pos);
        if (text_[open] == '&')
            open = text_.find_first_not_of(" \t\r\n", text_.find_first_of(" \t\r\n", open));
        const char quote = text_[open];
        if (quote != '"' && quote != '\'')
            return; // a block text, `|` or `>`, which ends with its indentation
        std::size_t at = open + 1;
        for (; at < text_.size(); ++at) {
            const bool is_escape = quote == '"' ? text_[at] == '\\' : text_.substr(at).starts_with("''");
            if (is_escape)
                ++at;
            else if (text_[at] == quote)
                break;
        }
        if (at >= text_.size()) refuse(place(mark), "", "the quote that begins here is not closed");
    }

    [[noreturn]] void refuse_depth(const YAML::Mark& mark) {
        refuse(place(mark), "", "is nested more than " + std::to_string(deepest) + " levels deep");
    }

    void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Node node) {
        refuse_tag(mark, tag);
        count(place(mark), 1);
        if (open_.size() == deepest) refuse_depth(mark);
        node.place = place(mark);
        open_.push_back({std::move(node), anchor, 1, 1, {}, {}});
    }

    void close() {
        Open done = std::move(open_.back());
        open_.pop_back();
        attach(remember(std::move(done.node), done.anchor, done.size, done.depth), done.size, done.depth);
    }

    void finish(Node node, YAML::anchor_t anchor) { // a single value
        count(node.place, 1);
        attach(remember(std::move(node), anchor, 1, 0), 1, 0);
    }

    Node remember(Node node, YAML::anchor_t anchor, std::size_t size, std::size_t depth) {
        if (anchor) {
            count(node.place, size); // the copy costs as much as another use
            anchors_.insert_or_assign(anchor, Anchored{node, size, depth});
        }
        return node;
    }

    void attach(Node node, std::size_t size, std::size_t depth) {
        if (open_.empty()) {
            root_ = std::move(node);
            return;
        }
        Open& parent = open_.back();
        parent.size += size;
        parent.depth = std::max(parent.depth, depth + 1);
        if (parent.node.kind == Node::Kind::Sequence) {
            parent.node.items.push_back(std::move(node));
        } else if (!parent.key) {
            if (node.kind != Node::Kind::Scalar)
                refuse(node.place, "",
                       "a key must be a single word or text, and this one is " +
                           std::string(node.kind_name()));
            parent.key = std::move(node);
        } else {
            add_entry(parent, std::move(node));
        }
    }

    void add_entry(Open& parent, Node value) {
        Node key = std::move(*parent.key);
        parent.key.reset();
        const auto [first, is_new] = parent.keys.emplace(key.scalar, key.place);
        if (!is_new) {
            duplicates_.add(key.place, "",
                            "the key " + shown(key.scalar) + " stands twice in this map, first at line " +
                                std::to_string(first->second.line));
            return;
        }
        if (value.kind == Node::Kind::Null)
            value.place = key.place; // where a value is missing there is no better place
        parent.node.entries.push_back({std::move(key.scalar), std::move(key.place), std::move(value)});
    }

    std::string_view text_;
    std::string file_;
    std::vector<Open> open_;
    std::map<YAML::anchor_t, Anchored> anchors_;
    InputErrors duplicates_;
    Node root_;
    std::size_t values_ = 0;
    int documents_ = 0;
};

} // namespace

Document parse_document(std::string_view text, const std::string& name) {
    text = check_encoding(text, name);
    std::istringstream stream{std::string(text)};
    Builder builder(text, name);
    try {
        YAML::Parser parser(stream);
        while (parser.HandleNextDocument(builder)) {
        }
    } catch (const YAML::Exception& error) {
        const bool has_place = !error.mark.is_null();
        refuse({name, has_place ? static_cast<std::uint32_t>(error.mark.line + 1) : 0,
                has_place ? static_cast<std::uint32_t>(error.mark.column + 1) : 0},
               "", "is not YAML: " + error.msg);
    }
    Document document{builder.take_root()};
    assign_paths(document.root);
    return document;
}

Document load_document(const std::filesystem::path& file) {
    return parse_document(read_text_file(file), file.string());
}

Document load_document(const RelativePath& named) {
    std::string bytes;
    try {
        bytes = read_text_file(named.resolved);
    } catch (const InputError& error) {
        InputErrors errors;
        errors.add(named.place, named.key, error.what());
        errors.throw_if_any();
    }
    return parse_document(bytes, named.resolved.string());
}

} // namespace migsim
