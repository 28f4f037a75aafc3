//===- Strong.cpp - synchronisation through memory ------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Strong.h"

using namespace quantc::emulator;

Semantics quantc::emulator::acceptSemantics(InstDecoder &d,
                                            Semantics otherwise) {
  Semantics result = otherwise;
  if (d.accept("mmio"))
    result = Semantics::Relaxed;
  switch (d.acceptOneOf(
      {"weak", "volatile", "relaxed", "acquire", "release", "acq_rel"})) {
  case 0:
    result = Semantics::Weak;
    break;
  case 1:
  case 2:
    result = Semantics::Relaxed;
    break;
  case 3:
    result = Semantics::Acquire;
    break;
  case 4:
    result = Semantics::Release;
    break;
  case 5:
    result = Semantics::AcquireRelease;
    break;
  default:
    break;
  }
  d.acceptOneOf({"cta", "cluster", "gpu", "sys"});
  return result;
}

static Published &publishedIn(Exec &x, const Accessed &place) {
  return place.cta ? x.cluster().published : x.launch().published;
}

void quantc::emulator::publish(Exec &x, unsigned lane, const Accessed &place,
                               Semantics semantics, bool replaces) {
  x.cluster().progress();
  if (!x.checksRaces())
    return;
  bool releases =
      semantics == Semantics::Release || semantics == Semantics::AcquireRelease;
  View view = releases ? x.release(lane) : x.warp.clocks[lane].released;
  if (!place.cta) {
    view.generic = exportClock(view.generic, x.cluster().linear);
    view.async = ClockRef();
  }
  View &known = publishedIn(x, place)[place.data];
  if (replaces)
    known = view;
  else
    known.join(view);
}

void quantc::emulator::observe(Exec &x, unsigned lane, const Accessed &place,
                               Semantics semantics) {
  if (!x.checksRaces())
    return;
  Published &published = publishedIn(x, place);
  auto found = published.find(place.data);
  if (found == published.end())
    return;
  ThreadClock &clock = x.warp.clocks[lane];
  bool acquires =
      semantics == Semantics::Acquire || semantics == Semantics::AcquireRelease;
  View &into = acquires ? clock.view : clock.acquired;
  if (place.cta)
    into.join(found->second);
  else
    into.generic =
        importClock(into.generic, found->second.generic, x.cluster().linear);
}
