#===- export.py - write a JAX function as model.mlir + model.safetensors ---===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""Writes a JAX function and its parameters in the form that quantc imports."""

import inspect
import pathlib

import numpy as np

from . import tensors

# A constant that JAX had to print in full because the function closes over an
# array. Small tables are fine; weights belong into the parameters.
_LARGEST_CONSTANT = 1 << 18


def export(fn, params, example_inputs, path, *, input_names=None,
           output_names=None):
    """Writes `fn(params, *example_inputs)` as X.mlir and X.safetensors.

    The module is StableHLO exactly as JAX prints it, with three attributes
    added to `@main`: `qnn.parameter` on the arguments that hold parameters,
    `qnn.input` on the others, and `qnn.output` on the results. No parameter is
    printed into the module; their values are in the safetensors file under the
    same names. Locations are kept, without the folders of source files.

    Args:
      fn: a function of the parameter tree and the inputs.
      params: a tree of arrays. The name of a leaf is its path joined with
        dots, for instance `blocks.0.attn.q.w`.
      example_inputs: a tuple of arrays, or of anything with a shape and dtype.
      path: the .mlir file; the parameters are written beside it.
      input_names: one name an input; by default the names of fn's arguments.
      output_names: one name an output; by default the keys of a returned
        dictionary, otherwise out0, out1, ...

    Returns:
      The paths of the two files written.

    Raises:
      TypeError, ValueError: fn cannot be written this way; the message says
        what was expected. Nothing is written.
    """
    import jax

    path = pathlib.Path(path)
    if path.suffix != ".mlir":
        raise ValueError(f"expected a path that ends in .mlir, but got {path}")
    if not isinstance(example_inputs, (tuple, list)):
        raise TypeError("expected a tuple of example inputs, but got "
                        f"{type(example_inputs).__name__}")

    parameters = {}
    for leaf_path, leaf in jax.tree_util.tree_leaves_with_path(params):
        name = _dotted(leaf_path)
        if not name:
            raise TypeError("expected a tree of named parameters (a dictionary, "
                            f"list or dataclass), but got {type(leaf).__name__}")
        parameters[_unused(name, parameters, "parameter")] = _array(leaf, name)
    inputs = _input_types(fn, tuple(example_inputs), input_names)

    abstract = jax.tree.unflatten(
        jax.tree.structure(params),
        [jax.ShapeDtypeStruct(a.shape, a.dtype) for a in parameters.values()])
    lowered, results = _lower(fn, abstract, tuple(example_inputs))
    module = lowered.compiler_ir("stablehlo")
    outputs = _output_names(results, output_names)
    _annotate(module, list(parameters), list(inputs), outputs)
    _check_constants(module)

    text = module.operation.get_asm(enable_debug_info=True).encode()
    parameter_path = path.with_suffix(".safetensors")
    tensors.save(parameters, parameter_path)
    tensors.write_atomically(path, lambda file: file.write(text))
    return path, parameter_path


def _dotted(path):
    """The path of a leaf as `blocks.0.attn.q.w`."""
    import jax

    return jax.tree_util.keystr(path, simple=True, separator=".")


def _unused(name, names, what):
    if name in names:
        raise ValueError(f"expected distinct {what} names, but got '{name}' twice")
    return name


def _array(leaf, name):
    """A parameter as a numpy array of the type that JAX computes with."""
    import jax

    if not isinstance(leaf, (np.ndarray, np.generic, jax.Array)):
        raise TypeError(f"parameter '{name}': expected an array, but got "
                        f"{type(leaf).__name__}")
    if jax.dtypes.issubdtype(leaf.dtype, jax.dtypes.extended):
        raise TypeError(f"parameter '{name}': expected numbers, but got "
                        f"{leaf.dtype}")
    dtype = jax.dtypes.canonicalize_dtype(leaf.dtype)
    return np.asarray(leaf).astype(dtype, copy=False)


def _input_types(fn, example_inputs, names):
    """The name of every leaf of the inputs, in the order of the arguments."""
    import jax

    if names is None:
        try:
            arguments = list(inspect.signature(fn).parameters.values())[1:]
        except ValueError:
            arguments = []
        positional = (inspect.Parameter.POSITIONAL_ONLY,
                      inspect.Parameter.POSITIONAL_OR_KEYWORD)
        names = [a.name for a in arguments if a.kind in positional]
        names = names[:len(example_inputs)]
        names += [f"arg{i}" for i in range(len(names), len(example_inputs))]
    if len(names) != len(example_inputs):
        raise ValueError(f"expected {len(example_inputs)} input names, "
                         f"but got {len(names)}")
    leaves = {}
    for name, example in zip(names, example_inputs):
        for leaf_path, leaf in jax.tree_util.tree_leaves_with_path(example):
            suffix = _dotted(leaf_path)
            leaf_name = f"{name}.{suffix}" if suffix else name
            leaves[_unused(leaf_name, leaves, "input")] = leaf
    return leaves


def _lower(fn, params, example_inputs):
    """Lowers for the CPU; returns the lowered function and its result tree."""
    import jax
    from jax._src import config, source_info_util

    # A line of this file is nobody's model.
    source_info_util.register_exclusion(__file__)
    # Only the innermost frame and no folders: the same model gives the same
    # text on every machine.
    with (config.hlo_source_file_canonicalization_regex(r".*/"),
          config.traceback_in_locations_limit(1)):
        # A parameter that fn does not use stays an argument, so that every
        # tensor of the file has one.
        traced = jax.jit(fn, keep_unused=True).trace(params, *example_inputs)
        return traced.lower(lowering_platforms=("cpu",)), traced.out_info


def _output_names(results, names):
    import jax

    leaves = jax.tree_util.tree_leaves_with_path(results)
    if names is None:
        names = [_dotted(path) if isinstance(results, dict) else f"out{index}"
                 for index, (path, _) in enumerate(leaves)]
    if len(names) != len(leaves):
        raise ValueError(f"expected {len(leaves)} output names, "
                         f"but got {len(names)}")
    distinct = {}
    for name in names:
        distinct[_unused(name, distinct, "output")] = None
    return list(distinct)


def _annotate(module, parameters, inputs, outputs):
    """Adds the qnn attributes to the arguments and results of @main."""
    from jaxlib.mlir import ir

    main = next(op for op in module.body.operations
                if "sym_name" in op.attributes
                and ir.StringAttr(op.attributes["sym_name"]).value == "main")
    arguments = [("qnn.parameter", name) for name in parameters]
    arguments += [("qnn.input", name) for name in inputs]
    results = [("qnn.output", name) for name in outputs]
    for key, names in (("arg_attrs", arguments), ("res_attrs", results)):
        kind = main.type.inputs if key == "arg_attrs" else main.type.results
        if len(kind) != len(names):
            raise ValueError(
                f"expected {len(names)} {'arguments' if key == 'arg_attrs' else 'results'} "
                f"of @main, but got {len(kind)}; functions with ordered side "
                "effects cannot be exported")
        with module.context:
            old = ([{named.name: named.attr for named in ir.DictAttr(d)}
                    for d in ir.ArrayAttr(main.attributes[key])]
                   if key in main.attributes else [{} for _ in names])
            for attributes, (attribute, name) in zip(old, names):
                attributes[attribute] = ir.StringAttr.get(name)
            main.attributes[key] = ir.ArrayAttr.get(
                [ir.DictAttr.get(attributes) for attributes in old])


def _check_constants(module):
    """Refuses arrays that fn closes over, where they would bloat the module."""
    from jaxlib.mlir import ir

    found = []

    def visit(operation):
        if operation.name == "stablehlo.constant":
            value = operation.attributes["value"]
            type = ir.ShapedType(value.type)
            elements = int(np.prod(type.shape, dtype=np.int64))
            splat = isinstance(value, ir.DenseElementsAttr) and value.is_splat
            if elements > _LARGEST_CONSTANT and not splat:
                found.append(type)
        return ir.WalkResult.ADVANCE

    module.operation.walk(visit)
    if found:
        raise ValueError("expected large arrays to be parameters, but the function "
                         f"closes over a constant {found[0]}")
