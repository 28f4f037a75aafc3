//===- Sites.cpp - random contractions and convolutions -------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Sites.h"

namespace quantc::check {

bool DrawnSite::isPadded() const {
  auto isPositive = [](int64_t zeros) { return zeros > 0; };
  return std::any_of(low.begin(), low.end(), isPositive) ||
         std::any_of(high.begin(), high.end(), isPositive);
}

//===----------------------------------------------------------------------===//
// Forms
//===----------------------------------------------------------------------===//

static const std::vector<SiteForm> &namedForms(SiteClass siteClass) {
  static const std::map<SiteClass, std::vector<SiteForm>> forms = {
      {SiteClass::Matmul,
       {{"linalg.matmul", "mk", "kn", "mn"},
        {"linalg.matmul", "mk", "nk", "mn", true},
        {"linalg.matmul", "km", "kn", "mn", true},
        {"linalg.contract", "mk", "nk", "mn", true},
        {"linalg.contract", "km", "kn", "nm", true}}},
      {SiteClass::Batch,
       {{"linalg.batch_matmul", "bmk", "bkn", "bmn"},
        {"linalg.batch_matmul", "bmk", "bnk", "bmn", true},
        {"linalg.batch_matmul", "bkm", "bkn", "bmn", true},
        {"linalg.batch_reduce_matmul", "jmk", "jkn", "mn"},
        {"linalg.contract", "abmk", "abnk", "abmn", true}}},
      {SiteClass::Vector,
       {{"linalg.matvec", "mk", "k", "m"},
        {"linalg.vecmat", "k", "kn", "n"},
        {"linalg.batch_matvec", "bmk", "bk", "bm"},
        {"linalg.batch_vecmat", "bk", "bkn", "bn"},
        {"linalg.dot", "k", "k", ""}}},
      {SiteClass::Tiled,
       {{"linalg.mmt4d", "mklj", "nkoj", "mnlo"},
        {"linalg.batch_mmt4d", "bmklj", "bnkoj", "bmnlo"}}},
      {SiteClass::Conv1D,
       {{"linalg.conv_1d", "w", "w", "W"},
        {"linalg.conv_1d_nwc_wcf", "nwc", "wcf", "nWf"},
        {"linalg.conv_1d_ncw_fcw", "ncw", "fcw", "nfW"}}},
      {SiteClass::Conv2D,
       {{"linalg.conv_2d", "hw", "hw", "HW"},
        {"linalg.conv_2d_nhwc_hwcf", "nhwc", "hwcf", "nHWf"},
        {"linalg.conv_2d_nhwc_hwcf", "nhwc", "hwcf", "nHWf"},
        {"linalg.conv_2d_nhwc_fhwc", "nhwc", "fhwc", "nHWf"},
        {"linalg.conv_2d_nchw_fchw", "nchw", "fchw", "nfHW"}}},
      {SiteClass::Conv3D,
       {{"linalg.conv_3d", "dhw", "dhw", "DHW"},
        {"linalg.conv_3d_ndhwc_dhwcf", "ndhwc", "dhwcf", "nDHWf"},
        {"linalg.conv_3d_ncdhw_fcdhw", "ncdhw", "fcdhw", "nfDHW"}}},
      {SiteClass::Grouped,
       {{"linalg.conv_2d_ngchw_fgchw", "ngchw", "fgchw", "ngfHW"},
        {"linalg.conv_2d_ngchw_gfchw", "ngchw", "gfchw", "ngfHW"},
        {"linalg.conv_2d_nhwgc_gfhwc", "nhwgc", "gfhwc", "nHWgf"}}},
      {SiteClass::Depthwise,
       {{"linalg.depthwise_conv_1d_nwc_wc", "nwc", "wc", "nWc"},
        {"linalg.depthwise_conv_1d_ncw_cw", "ncw", "cw", "ncW"},
        {"linalg.depthwise_conv_1d_nwc_wcm", "nwc", "wcm", "nWcm"},
        {"linalg.depthwise_conv_2d_nhwc_hwc", "nhwc", "hwc", "nHWc"},
        {"linalg.depthwise_conv_2d_nchw_chw", "nchw", "chw", "ncHW"},
        {"linalg.depthwise_conv_2d_nhwc_hwcm", "nhwc", "hwcm", "nHWcm"},
        {"linalg.depthwise_conv_3d_ndhwc_dhwc", "ndhwc", "dhwc", "nDHWc"},
        {"linalg.depthwise_conv_3d_ncdhw_cdhw", "ncdhw", "cdhw", "ncDHW"},
        {"linalg.depthwise_conv_3d_ndhwc_dhwcm", "ndhwc", "dhwcm", "nDHWcm"}}},
  };
  return forms.at(siteClass);
}

/// Any number of batch, row, column and reduction loops, operands in any order
/// of dimensions.
static SiteForm drawGenericForm(Random &random) {
  std::string batch = std::string("ab").substr(0, random.integer(0, 2));
  std::string rows = std::string("ml").substr(0, random.integer(0, 2));
  std::string columns = std::string("no").substr(0, random.integer(0, 2));
  std::string sums = std::string("kj").substr(0, random.integer(1, 2));
  SiteForm form{"", batch + rows + sums, batch + columns + sums,
                batch + rows + columns};
  random.shuffle(form.lhs);
  random.shuffle(form.rhs);
  if (random.chance(30))
    random.shuffle(form.result);
  return form;
}

SiteForm drawForm(Random &random, SiteClass siteClass) {
  if (siteClass == SiteClass::Generic)
    return drawGenericForm(random);
  if (siteClass != SiteClass::GenericConv)
    return random.pick(namedForms(siteClass));
  // Any convolution, dimensions in any order.
  SiteForm form = random.pick(namedForms(
      random.pick({SiteClass::Conv1D, SiteClass::Conv2D, SiteClass::Conv3D,
                   SiteClass::Grouped, SiteClass::Depthwise})));
  form.op = "";
  random.shuffle(form.lhs);
  random.shuffle(form.rhs);
  if (random.chance(50))
    random.shuffle(form.result);
  return form;
}

SiteForm drawFormOfRank(Random &random, size_t rank) {
  std::vector<SiteForm> forms;
  if (rank == 1)
    forms = {{"linalg.vecmat", "k", "kn", "n"}, {"linalg.dot", "k", "k", ""}};
  else if (rank == 2)
    forms = {{"linalg.matmul", "mk", "kn", "mn"},
             {"linalg.matmul", "mk", "nk", "mn", true},
             {"linalg.matvec", "mk", "k", "m"}};
  else if (rank == 3)
    forms = {{"", "amk", "kn", "amn"},
             {"linalg.batch_matmul", "bmk", "bkn", "bmn"},
             {"linalg.conv_1d_nwc_wcf", "nwc", "wcf", "nWf"}};
  else if (rank == 4)
    forms = {{"", "abmk", "kn", "abmn"},
             {"linalg.conv_2d_nhwc_hwcf", "nhwc", "hwcf", "nHWf"},
             {"linalg.conv_2d_nhwc_hwcf", "nhwc", "hwcf", "nHWf"},
             {"linalg.depthwise_conv_2d_nhwc_hwc", "nhwc", "hwc", "nHWc"}};
  else
    forms = {{"linalg.conv_3d_ndhwc_dhwcf", "ndhwc", "dhwcf", "nDHWf"}};
  return random.pick(forms);
}

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

/// The most products of one site: the reference takes them one by one.
static constexpr int64_t maxProducts = 30000;

static bool isWindow(const SiteForm &form, char letter) {
  return (letter == 'd' || letter == 'h' || letter == 'w') &&
         form.result.find(char(letter - 'a' + 'A')) != std::string::npos;
}

DrawnSite drawSizes(Random &random, const SiteForm &form, const Shape *lhsShape,
                    int64_t padding) {
  DrawnSite drawn;
  Site &site = drawn.site;
  site.op = form.op;
  site.hasMaps = form.hasMaps;
  site.lhs = form.lhs;
  site.rhs = form.rhs;
  site.result = form.result;
  int64_t budget = maxProducts;
  auto take = [&](char letter, int64_t size) {
    site.sizes[letter] = std::min(size, std::max<int64_t>(budget, 1));
    budget /= std::max<int64_t>(1, site.sizes[letter]);
  };
  if (lhsShape)
    for (size_t i = 0; i < form.lhs.size(); ++i)
      if (!isWindow(form, form.lhs[i])) {
        site.sizes[form.lhs[i]] = (*lhsShape)[i];
        budget /= std::max<int64_t>(1, (*lhsShape)[i]);
      }

  bool isPadded = random.chance(padding), hasWindows = false;
  for (size_t i = 0; i < form.lhs.size(); ++i) {
    char letter = form.lhs[i];
    int64_t low = 0, high = 0;
    if (!isWindow(form, letter)) {
      drawn.lhsShape.push_back(0); // follows from the size of the loop
    } else {
      hasWindows = true;
      int64_t size = lhsShape ? (*lhsShape)[i] : random.integer(1, 5);
      int64_t kernel = random.integer(1, 3);
      int64_t stride = random.chance(60) ? 1 : random.integer(2, 3);
      int64_t dilation = random.chance(80) ? 1 : 2;
      if (site.isBareConvolution())
        stride = dilation = 1;
      if (isPadded) {
        low = random.integer(0, 2);
        high = random.integer(0, 2);
      }
      int64_t span = (kernel - 1) * dilation + 1;
      if (size + low + high < span)
        kernel = span = 1;
      int64_t positions = (size + low + high - span) / stride + 1;
      site.windows[letter] = {char(letter - 'a' + 'A'), stride, dilation};
      site.sizes[letter] = kernel;
      site.sizes[site.windows[letter].out] = positions;
      budget /= std::max<int64_t>(1, kernel * positions);
      drawn.lhsShape.push_back(size);
    }
    drawn.low.push_back(low);
    drawn.high.push_back(high);
  }
  for (char letter : site.loops())
    if (!site.sizes.count(letter))
      take(letter,
           hasWindows && letter == 'n' ? random.integer(1, 2) : random.size());
  for (size_t i = 0; i < form.lhs.size(); ++i)
    if (!site.windows.count(form.lhs[i]))
      drawn.lhsShape[i] = site.sizes.at(form.lhs[i]);
  return drawn;
}

} // namespace quantc::check
