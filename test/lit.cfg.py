"""lit configuration: `lit build/test` runs every test below this folder."""

import os

import lit.formats

config.name = "quantc"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.excludes = ["Inputs"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.quantc_binary_dir, "test")

config.environment["PATH"] = os.pathsep.join(
    [os.path.join(config.quantc_binary_dir, "bin"), config.llvm_tools_dir, os.environ["PATH"]]
)
config.environment["PYTHONPATH"] = os.path.join(config.quantc_source_dir, "python")
if os.path.exists(os.path.join(config.cuda_bin, "ptxas")):
    config.available_features.add("ptxas")
    config.environment["QUANTC_CUDA_BIN"] = config.cuda_bin
    # What machine code looks like belongs to one version of the assembler.
    if config.has_pinned_ptxas and os.path.exists(os.path.join(config.cuda_bin, "nvdisasm")):
        config.available_features.add("pinned-ptxas")
config.substitutions.append(("%ptxas", os.path.join(config.cuda_bin, "ptxas")))
config.substitutions.append(("%sass", config.python + " -m quantc.sass"))
config.substitutions.append(("%python", config.python))
config.substitutions.append(("%source_dir", config.quantc_source_dir))
config.substitutions.append(("%llvm_bin", config.llvm_tools_dir))
config.substitutions.append(
    ("%quantc_plugin", os.path.join(config.quantc_binary_dir, "lib", "quantc-plugin.so"))
)
config.substitutions.append(("%cxx", config.cxx_compiler))
config.substitutions.append(("%binary_dir", config.quantc_binary_dir))
