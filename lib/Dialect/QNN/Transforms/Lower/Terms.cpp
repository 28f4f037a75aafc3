//===- Terms.cpp - record of a site's correction terms --------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Terms.h"

#include "mlir/IR/Builders.h"

using namespace mlir;

void quantc::qnn::setTerm(Operation *site, StringRef term, StringRef where) {
  NamedAttrList terms(site->getAttrOfType<DictionaryAttr>(kTermsAttrName));
  terms.set(term, StringAttr::get(site->getContext(), where));
  site->setDiscardableAttr(kTermsAttrName,
                           terms.getDictionary(site->getContext()));
}
