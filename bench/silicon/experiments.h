// SPDX-License-Identifier: Apache-2.0
// The experiments, one file each; main.cpp lists them with their budgets.
#pragma once

#include "bench/silicon/channel.h"

namespace migsim::silicon {

class Bench;

void tell_board(Channel& channel, int device); // not an experiment: what was measured

void latency_vs_footprint(Bench& bench);
void level_latency(Bench& bench);
void utlb_miss(Bench& bench);
void loaded_latency(Bench& bench);
void latency_vs_load(Bench& bench);
void stream_vs_occupancy(Bench& bench);
void l2_bandwidth_vs_footprint(Bench& bench);
void shared_bandwidth_vs_footprint(Bench& bench);
void bandwidth_vs_sms(Bench& bench);
void bandwidth_vs_in_flight(Bench& bench);
void port_scaling(Bench& bench);
void random_bandwidth(Bench& bench);
void l2_slice_map(Bench& bench);
void gemm(Bench& bench);
void launch_latency(Bench& bench);
void host_copy(Bench& bench);
void barrier_storm(Bench& bench);
void noisy_neighbour(Bench& bench);
void time_slice(Bench& bench); // forks, and so must not have touched CUDA
void power(Bench& bench);

} // namespace migsim::silicon
