//===- MergeStats.cpp - quantc merge-stats --------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "quantc/Calibration/StatisticsFile.h"

using namespace quantc;
using namespace quantc::tool;
using namespace llvm;

static Error runMergeStats(Tool &tool);
Command quantc::tool::mergeStatsCommand("merge-stats",
                                        "merge statistics of the same model",
                                        runMergeStats);

static cl::list<std::string> inputPaths(cl::Positional, cl::OneOrMore,
                                        cl::desc("<statistics.json>..."),
                                        cl::sub(mergeStatsCommand),
                                        cl::cat(quantcOptions));
static cl::opt<std::string> outputPath("o", cl::Required,
                                       cl::value_desc("file"),
                                       cl::desc("Statistics file to write"),
                                       cl::sub(mergeStatsCommand),
                                       cl::cat(quantcOptions));

static Error runMergeStats(Tool &tool) {
  OutputFiles &outputs = tool.getOutputs();
  const std::vector<std::string> &paths = inputPaths;
  for (auto [i, path] : enumerate(paths)) {
    for (const std::string &earlier : ArrayRef(paths).take_front(i))
      if (OutputFiles::areSame(path, earlier))
        return makeFileError(path, "expected each statistics file once, but it "
                                   "is the same as '" +
                                       earlier + "'");
    if (Error error = outputs.addInput(path))
      return error;
  }
  if (Error error = outputs.add(outputPath).takeError())
    return error;

  Expected<StatisticsFile> merged = StatisticsFile::read(inputPaths.front());
  if (!merged)
    return merged.takeError();
  for (const std::string &path : drop_begin(inputPaths)) {
    Expected<StatisticsFile> file = StatisticsFile::read(path);
    if (!file)
      return file.takeError();
    if (Error error = merged->merge(*file))
      return makeFileError(path, toString(std::move(error)));
  }
  if (Error error = outputs.write(outputPath, [&](StringRef temporary) {
        return merged->write(temporary);
      }))
    return error;
  return outputs.commit();
}
