//===- Options.cpp - how the emulator runs a kernel -----------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Options.h"

#include <cerrno>
#include <cstdlib>

using namespace quantc::emulator;

static std::string parseOrder(const std::string &key, const std::string &value,
                              Order &result) {
  if (value == "earliest")
    result = Order::Earliest;
  else if (value == "latest")
    result = Order::Latest;
  else if (value == "random")
    result = Order::Random;
  else
    return "expected earliest, latest or random for emulator option '" + key +
           "', but got '" + value + "'";
  return "";
}

static std::string parseSwitch(const std::string &key, const std::string &value,
                               bool &result) {
  if (value != "on" && value != "off")
    return "expected on or off for emulator option '" + key + "', but got '" +
           value + "'";
  result = value == "on";
  return "";
}

static std::string parseNumber(const std::string &key, const std::string &value,
                               uint64_t &result) {
  char *end = nullptr;
  errno = 0;
  uint64_t number = std::strtoull(value.c_str(), &end, 10);
  if (value.empty() || *end || errno || value[0] == '-')
    return "expected a number for emulator option '" + key + "', but got '" +
           value + "'";
  result = number;
  return "";
}

static std::string apply(Options &options, const std::string &key,
                         const std::string &value) {
  if (key == "order")
    return parseOrder(key, value, options.order);
  if (key == "async")
    return parseOrder(key, value, options.async);
  if (key == "races")
    return parseSwitch(key, value, options.races);
  if (key == "uninitialized")
    return parseSwitch(key, value, options.uninitialized);
  if (key == "counts")
    return parseSwitch(key, value, options.counts);
  if (key == "seed")
    return parseNumber(key, value, options.seed);
  if (key == "patience")
    return parseNumber(key, value, options.patience);
  if (key == "mutate" && value == "none") {
    options.mutate = Options::noMutation;
    return "";
  }
  if (key == "mutate")
    return parseNumber(key, value, options.mutate);
  uint64_t number = 0;
  if (key == "threads" || key == "architecture") {
    std::string error = parseNumber(key, value, number);
    if (!error.empty())
      return error;
    (key == "threads" ? options.threads : options.architecture) =
        static_cast<unsigned>(number);
    return "";
  }
  return "unknown emulator option '" + key + "'";
}

std::string Options::parse(const std::string &text) {
  Options changed = *this;
  for (size_t begin = 0; begin < text.size();) {
    size_t end = std::min(text.find(',', begin), text.size());
    std::string item = text.substr(begin, end - begin);
    size_t equals = item.find('=');
    if (equals == item.npos)
      return "expected key=value in the emulator's options, but got '" + item +
             "'";
    std::string error =
        apply(changed, item.substr(0, equals), item.substr(equals + 1));
    if (!error.empty())
      return error;
    begin = end + 1;
  }
  *this = changed;
  return "";
}
