//===- Stream.cpp - streams and events ------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "State.h"

using namespace quantc::emulator;

CUresult cuStreamCreate(CUstream *stream, unsigned int) {
  QUANTC_ENTER(state);
  if (!stream)
    return CUDA_ERROR_INVALID_VALUE;
  *stream = new CUstream_st;
  state.streams.insert(*stream);
  return CUDA_SUCCESS;
}

CUresult cuStreamCreateWithPriority(CUstream *stream, unsigned int flags, int) {
  return cuStreamCreate(stream, flags);
}

CUresult cuStreamDestroy_v2(CUstream stream) {
  QUANTC_ENTER(state);
  if (!state.streams.erase(stream))
    return CUDA_ERROR_INVALID_HANDLE;
  delete stream;
  return CUDA_SUCCESS;
}

CUresult cuStreamSynchronize(CUstream stream) {
  QUANTC_ENTER(state);
  if (!state.hasStream(stream))
    return CUDA_ERROR_INVALID_HANDLE;
  if (state.streams.count(stream) && stream->capture)
    return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  return std::exchange(state.pending, CUDA_SUCCESS);
}

CUresult cuStreamQuery(CUstream stream) { return cuStreamSynchronize(stream); }

CUresult cuStreamWaitEvent(CUstream stream, CUevent event, unsigned int) {
  QUANTC_ENTER(state);
  return state.hasStream(stream) && state.events.count(event)
             ? CUDA_SUCCESS
             : CUDA_ERROR_INVALID_HANDLE;
}

CUresult cuStreamBeginCapture_v2(CUstream stream, int) {
  QUANTC_ENTER(state);
  if (!state.streams.count(stream)) // the default streams do not capture
    return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  if (stream->capture)
    return CUDA_ERROR_STREAM_CAPTURE_UNMATCHED;
  stream->capture = std::make_unique<CUgraph_st>();
  return CUDA_SUCCESS;
}

CUresult cuStreamEndCapture(CUstream stream, CUgraph *graph) {
  QUANTC_ENTER(state);
  if (!graph)
    return CUDA_ERROR_INVALID_VALUE;
  if (!state.streams.count(stream) || !stream->capture)
    return CUDA_ERROR_STREAM_CAPTURE_UNMATCHED;
  *graph = stream->capture.release();
  state.graphs.insert(*graph);
  return CUDA_SUCCESS;
}

CUresult cuStreamIsCapturing(CUstream stream, int *status) {
  QUANTC_ENTER(state);
  if (!status)
    return CUDA_ERROR_INVALID_VALUE;
  if (!state.hasStream(stream))
    return CUDA_ERROR_INVALID_HANDLE;
  *status = state.streams.count(stream) && stream->capture ? 1 : 0;
  return CUDA_SUCCESS;
}

CUresult cuEventCreate(CUevent *event, unsigned int) {
  QUANTC_ENTER(state);
  if (!event)
    return CUDA_ERROR_INVALID_VALUE;
  *event = new CUevent_st;
  state.events.insert(*event);
  return CUDA_SUCCESS;
}

CUresult cuEventDestroy_v2(CUevent event) {
  QUANTC_ENTER(state);
  if (!state.events.erase(event))
    return CUDA_ERROR_INVALID_HANDLE;
  delete event;
  return CUDA_SUCCESS;
}

CUresult cuEventRecord(CUevent event, CUstream stream) {
  QUANTC_ENTER(state);
  if (!state.events.count(event))
    return CUDA_ERROR_INVALID_HANDLE;
  return state.submit(stream, [=] {
    event->recorded = true;
    event->time = std::chrono::steady_clock::now();
    return CUDA_SUCCESS;
  });
}

CUresult cuEventSynchronize(CUevent event) {
  QUANTC_ENTER(state);
  if (!state.events.count(event))
    return CUDA_ERROR_INVALID_HANDLE;
  return std::exchange(state.pending, CUDA_SUCCESS);
}

CUresult cuEventQuery(CUevent event) { return cuEventSynchronize(event); }

/// Time on the host between the two.
CUresult cuEventElapsedTime(float *milliseconds, CUevent begin, CUevent end) {
  QUANTC_ENTER(state);
  if (!milliseconds)
    return CUDA_ERROR_INVALID_VALUE;
  if (!state.events.count(begin) || !state.events.count(end) ||
      !begin->recorded || !end->recorded)
    return CUDA_ERROR_INVALID_HANDLE;
  *milliseconds =
      std::chrono::duration<float, std::milli>(end->time - begin->time).count();
  return CUDA_SUCCESS;
}

CUresult cuEventElapsedTime_v2(float *milliseconds, CUevent begin,
                               CUevent end) {
  return cuEventElapsedTime(milliseconds, begin, end);
}
