// SPDX-License-Identifier: Apache-2.0
#include "partition/smi/tables.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace migsim::smi {

namespace {

// A table whose rows are all ruled off, as nvidia-smi draws them.
class Table {
public:
    Table(std::size_t width, const std::string& header)
        : width_(width), text_(rule('+', '-') + header + rule('|', '=')) {}

    void row(const std::string& lines) { text_ += lines + rule('+', '-'); }
    const std::string& text() const { return text_; }

private:
    std::string rule(char end, char line) const { return end + std::string(width_ - 2, line) + end + '\n'; }

    std::size_t width_;
    std::string text_;
};

std::string gib(const OrUnknown<std::uint64_t>& mib) {
    return mib ? fmt::format("{:.2f}", static_cast<double>(*mib) / 1024) : "?";
}

std::string fraction(std::uint32_t free, std::uint32_t total) {
    return fmt::format("{}/{}", free, total);
}

// The right side of a usage: of six digits, too, in as many columns.
std::string mib_of_all(const OrUnknown<std::uint64_t>& value) {
    return fmt::format("{:<12}", fmt::format("{:>8}", to_string(value) + "MiB"));
}

// The instance's part of BAR1, by its memory slices: 1 MiB less than that on all cards seen.
OrUnknown<std::uint64_t> bar1(const Board& board, const GpuInstance& instance) {
    if (!board.bar1_mib) return {};
    return *board.bar1_mib * instance.placement.size / board.memory_slices - 1;
}

} // namespace

std::string gpu_instance_profiles(const Gpus& gpus) {
    Table table(81, "| GPU instance profiles:                                                        |\n"
                    "| GPU   Name               ID    Instances   Memory     P2P    SM    DEC   ENC  |\n"
                    "|                                Free/Total   GiB              CE    JPEG  OFA  |\n");
    for (const SimulatedGpu* gpu : gpus)
        for (const Profile& profile : gpu->table().profiles) {
            const Engines& engines = profile.engines;
            const std::string sms = fmt::format("{:>2}", to_string(profile.sm_count));
            table.row(fmt::format(
                "| {:3}  MIG {:<15} {:>2}     {:<3}        {:<6}     {:<3}    {:<3}    {}     {}   |\n"
                "|{:62}{:>2}     {}     {}   |\n",
                gpu->index, profile.name, to_string(profile.id),
                fraction(gpu->mig.gpu_instances().free_count(profile), profile.max_count),
                gib(profile.memory_mib), "No", sms, to_string(engines.nvdec), to_string(engines.nvenc), "",
                to_string(engines.copy), to_string(engines.nvjpg), to_string(engines.ofa)));
        }
    return table.text();
}

std::string gpu_instance_placements(const Gpus& gpus) {
    std::string text;
    for (const SimulatedGpu* gpu : gpus)
        for (const Profile& profile : gpu->table().profiles) {
            const PlacementRule& rule = profile.placements;
            text += fmt::format("GPU {:2} Profile ID {:>2} {}: {{{}}}:{}\n", gpu->index,
                                to_string(profile.id), rule.starts.size() == 1 ? "Placement " : "Placements",
                                fmt::join(rule.starts, ","), rule.size);
        }
    return text;
}

std::string gpu_instances(const Gpus& gpus) {
    Table table(59, "| GPU instances:                                          |\n"
                    "| GPU   Name               Profile  Instance   Placement  |\n"
                    "|                            ID       ID       Start:Size |\n");
    for (const SimulatedGpu* gpu : gpus)
        for (const GpuInstance* instance : gpu_instances_as_listed(gpu->mig))
            table.row(fmt::format("| {:3}  MIG {:<15} {:>4}       {:2}         {:2}:{:<2}    |\n", gpu->index,
                                  instance->profile->name, to_string(instance->profile->id), instance->id,
                                  instance->placement.start, instance->placement.size));
    return table.text();
}

std::string compute_instances(const Gpus& gpus, const GpuInstanceFilter& wanted) {
    Table table(70, "| Compute instances:                                                 |\n"
                    "| GPU     GPU       Name             Profile   Instance   Placement  |\n"
                    "|       Instance                       ID        ID       Start:Size |\n"
                    "|         ID                                                         |\n");
    for (const SimulatedGpu* gpu : gpus)
        for (const GpuInstance* gi : gpu_instances_as_listed(gpu->mig)) {
            if (!wanted(*gi)) continue;
            for (const ComputeInstance* ci : compute_instances_as_listed(*gpu->mig.compute_instances(gi->id)))
                table.row(fmt::format(
                    "| {:3}     {:2}       MIG {:<12}   {:>3}       {:3}         {:2}:{:<2}    |\n",
                    gpu->index, gi->id, ci->profile->name, to_string(ci->profile->id), ci->id,
                    ci->placement.start, ci->placement.size));
        }
    return table.text();
}

std::string compute_instance_profiles(const Gpus& gpus, const GpuInstanceFilter& wanted) {
    Table table(88,
                "| Compute instance profiles:                                                           |\n"
                "| GPU     GPU       Name             Profile  Instances   Exclusive       Shared       |\n"
                "|       Instance                       ID     Free/Total     SM       DEC   ENC   OFA  |\n"
                "|         ID                                                          CE    JPEG       |\n");
    for (const SimulatedGpu* gpu : gpus)
        for (const GpuInstance* gi : gpu_instances_as_listed(gpu->mig)) {
            if (!wanted(*gi)) continue;
            const Engines& engines = gi->profile->engines;
            for (const ComputeInstanceProfile& row : gi->profile->compute_instances)
                table.row(fmt::format(
                    "| {:3}     {:2}       MIG {:<14} {:>3}{:<1}     {:<3}           {:<3}       {}     {}   "
                    "  {}   |\n"
                    "|{:69}{:>2}     {}         |\n",
                    gpu->index, gi->id, row.name, to_string(row.id), row.fills_instance ? "*" : "",
                    fraction(gpu->mig.compute_instances(gi->id)->free_count(row), row.max_count),
                    to_string(row.sm_count), to_string(engines.nvdec), to_string(engines.nvenc),
                    to_string(engines.ofa), "", to_string(engines.copy), to_string(engines.nvjpg)));
        }
    return table.text();
}

std::string list(const Gpus& gpus) {
    std::string text;
    for (const SimulatedGpu* gpu : gpus) {
        text += fmt::format("GPU {}: {} (UUID: {})\n", gpu->index, gpu->card, gpu->uuid());
        int device = 0;
        for (const MigDevice& mig : migsim::mig_devices(gpu->mig))
            text += fmt::format("  MIG {:<11} Device {:2}: (UUID: {})\n", mig.compute_instance->profile->name,
                                device++, gpu->mig_uuid(mig.gpu_instance->id, mig.compute_instance->id));
    }
    return text;
}

std::string mig_devices(const Gpus& gpus) {
    static const std::string rule =
        "+------------------+----------------------------------+-----------+-----------------------+\n";
    static const std::string closed =
        "+-----------------------------------------------------------------------------------------+\n";
    std::string text =
        closed +
        "| MIG devices:                                                                            |\n" +
        rule +
        "| GPU  GI  CI  MIG |              Shared Memory-Usage |        Vol|        Shared         |\n"
        "|      ID  ID  Dev |                Shared BAR1-Usage | SM     Unc| CE ENC  DEC  OFA  JPG |\n"
        "|                  |                                  |        ECC|                       |\n"
        "|==================+==================================+===========+=======================|\n";
    bool any = false;
    for (const SimulatedGpu* gpu : gpus) {
        int device = 0;
        for (const MigDevice& mig : migsim::mig_devices(gpu->mig)) {
            any = true;
            const Engines& engines = mig.gpu_instance->profile->engines;
            text += fmt::format(
                "|{:3}  {:3} {:3} {:3}  | {:>18} / {}| {:<3}{:6} |{:>3} {:>3} {:>4} {:>4} {:>4} |\n"
                "|                  | {:>18} / {}|           |                       |\n",
                gpu->index, mig.gpu_instance->id, mig.compute_instance->id, device++, "0MiB",
                mib_of_all(mig.gpu_instance->profile->memory_mib),
                to_string(mig.compute_instance->profile->sm_count), 0, to_string(engines.copy),
                to_string(engines.nvenc), to_string(engines.nvdec), to_string(engines.ofa),
                to_string(engines.nvjpg), "0MiB", mib_of_all(bar1(gpu->table(), *mig.gpu_instance)));
            text += rule;
        }
    }
    if (!any)
        text +=
            "|  No MIG devices found                                                                   |\n" +
            closed;
    return text;
}

} // namespace migsim::smi
