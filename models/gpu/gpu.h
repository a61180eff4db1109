// SPDX-License-Identifier: Apache-2.0
// The chip: the only place where blocks are made and wired. It knows instances as sets of hardware with an
// id; why they are what they are is partition's business.
#pragma once

#include <memory>
#include <vector>

#include "models/gpu/epochs.h"
#include "models/gpu/machine.h"
#include "models/gpu/modules.h"
#include "models/gpu/window_controller.h"

namespace migsim {

class Gpu final : public sc_core::sc_module {
public:
    // Throws std::invalid_argument with one sentence where the set-up cannot be built.
    Gpu(const sc_core::sc_module_name& name, const MachineSetup& setup);

    WindowController controller;
    PageTables tables;
    const std::vector<Epoch> epochs;
    std::vector<std::unique_ptr<GpcModule>> gpcs;
    std::vector<std::unique_ptr<SliceModule>> slices;
    std::vector<std::unique_ptr<ChannelModule>> channels;
    std::unique_ptr<MmuModule> mmu;
    std::unique_ptr<FrontEndModule> front_end;
    std::unique_ptr<GovernorModule> governor;
    std::unique_ptr<GspModule> gsp;

private:
    const AddressMap& first_map() const { return epochs.front().map; }
    // Calls take(instance, epoch) for each instance that is created during the run.
    template <class Take>
    void for_each_created(Take&& take) const;
    void make_channels(const MachineSetup& setup, const Wires& wires);
    void make_slices(const MachineSetup& setup, const Wires& wires);
    void make_gpcs(const MachineSetup& setup, const Wires& wires);
    void make_hub(const MachineSetup& setup, const Wires& wires);
    void make_gsp(const MachineSetup& setup, const Wires& wires);
    void bind_ports(const Wires& wires);
    void bind_region(const Region& region, const AddressMap& map);
    void end_of_elaboration() override;

    std::vector<BlockId> slice_ids_;
    std::vector<std::vector<Tick>> detours_; // from each GPC to each slice, beyond the nearest
    std::vector<SmSlots> sms_;               // in the CTA scheduler's order of preference
    std::vector<std::vector<bool>> reaches_; // slice, channel: bound
    std::vector<bool> paired_;               // slices
};

} // namespace migsim
