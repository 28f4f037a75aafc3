#===- __init__.py - the quantc package -------------------------------------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""Helpers around the quantc compiler: export from JAX, data, bundles."""

from .bundle import Bundle
from .export import export
from .tensors import load as load_safetensors
from .tensors import npz_to_safetensors
from .tensors import save as save_safetensors

__all__ = ["Bundle", "export", "load_safetensors", "npz_to_safetensors",
           "save_safetensors"]
