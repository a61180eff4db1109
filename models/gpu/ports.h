// SPDX-License-Identifier: Apache-2.0
// How cores appear in SystemC: a receiver exports a core's inbox, a sender is a port bound to any number of
// them. The kernel checks the binding at elaboration; what runs afterwards is the core's own Links.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <systemc>

#include "models/base/links.h"

namespace migsim {

template <class Message>
class InboxInterface : public virtual sc_core::sc_interface {
public:
    virtual Inbox<Message>& inbox() = 0;
    virtual BlockId owner() const = 0;
};

template <class Message>
class Receiver final : public sc_core::sc_export<InboxInterface<Message>>, public InboxInterface<Message> {
public:
    Receiver(const char* name, Inbox<Message>& inbox, BlockId owner)
        : sc_core::sc_export<InboxInterface<Message>>(name), inbox_(inbox), owner_(owner) {
        this->bind(static_cast<InboxInterface<Message>&>(*this));
    }

private:
    Inbox<Message>& inbox() override { return inbox_; }
    BlockId owner() const override { return owner_; }

    Inbox<Message>& inbox_;
    BlockId owner_;
};

// Every binding becomes a link of the sender's latency, or longer, with a buffer of `slots` at the far end
// (0: unbounded, the sender or its requester has set room aside).
template <class Message>
class Sender final : public sc_core::sc_port<InboxInterface<Message>, 0, sc_core::SC_ZERO_OR_MORE_BOUND> {
public:
    struct Wire {
        Tick latency;
        unsigned slots = 0;
        Tick credit_latency = 0;
    };

    Sender(const char* name, Windows& windows, BlockId source, Wire wire)
        : sc_core::sc_port<InboxInterface<Message>, 0, sc_core::SC_ZERO_OR_MORE_BOUND>(name),
          windows_(windows),
          source_(source),
          wire_(wire) {}

    // At the end of elaboration: hands each bound peer's id, link and credits to `add`. detours: how much
    // longer the links are, in the order of binding; default: not.
    template <class Add>
    void connect(Add&& add, const std::vector<Tick>& detours = {}) {
        for (int i = 0; i < this->size(); ++i) {
            InboxInterface<Message>& peer = *(*this)[i];
            const Tick latency = wire_.latency + (detours.empty() ? 0 : detours.at(i));
            windows_.add_link(this->name(), latency);
            if (wire_.slots)
                windows_.add_link(std::string(this->name()) + " (credits)", wire_.credit_latency);
            std::shared_ptr<Credits> credits;
            if (wire_.slots)
                credits = std::make_shared<Credits>(windows_, source_, peer.owner(), wire_.slots,
                                                    wire_.credit_latency);
            add(peer.owner(), Link<Message>(windows_, peer.inbox(), source_, latency), credits);
        }
    }
    void connect(Links<Message>& links, const std::vector<Tick>& detours = {}) {
        connect([&](BlockId to, Link<Message> link,
                    std::shared_ptr<Credits> credits) { links.add(to, link, std::move(credits)); },
                detours);
    }

private:
    Windows& windows_;
    BlockId source_;
    Wire wire_;
};

} // namespace migsim
