// RUN: quant-opt %s --allow-unregistered-dialect --codegen-nvvm-lower-structured --canonicalize --split-input-file | FileCheck %s

// A chain on rows: a warp a row, four elements a lane, nothing but the input and
// the output in memory.

// CHECK-LABEL: func @rows
// CHECK-SAME: (%[[X:.*]]: memref<6x128xf32>, %[[Q:.*]]: memref<6x128xi8>)
// CHECK-NOT: memref.alloc
// CHECK: gpu.launch blocks(%[[B:[^,]*]], {{.*}}) in ({{.*}} = %c2, {{.*}}) threads(%[[T:[^,]*]], {{.*}}) in ({{.*}} = %c128
// CHECK: %[[WARP:.*]] = arith.divui %[[T]], %c32
// CHECK: %[[LANE:.*]] = arith.remui %[[T]], %c32
// CHECK: %[[FIRST:.*]] = arith.muli %[[B]], %c4
// CHECK: %[[ROW:.*]] = arith.addi %[[FIRST]], %[[WARP]]
// CHECK: %[[HAS:.*]] = arith.cmpi ult, %[[ROW]], %c6
// CHECK: scf.if %[[HAS]] {
// CHECK-COUNT-4: memref.load %[[X]][%[[ROW]], %{{.*}}]
// CHECK-NOT: memref.load
// CHECK-COUNT-5: gpu.shuffle xor
// CHECK-NOT: memref.store {{.*}}memref<6xf32>
// CHECK-COUNT-4: memref.store {{.*}}, %[[Q]][%[[ROW]], %{{.*}}]
func.func @rows(%x: memref<6x128xf32>, %q: memref<6x128xi8>) {
  %c0 = arith.constant 0.0 : f32
  %c128 = arith.constant 128.0 : f32
  %s = memref.alloc() : memref<6xf32>
  %m = memref.alloc() : memref<6xf32>
  linalg.fill ins(%c0 : f32) outs(%s : memref<6xf32>)
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]}
    ins(%x : memref<6x128xf32>) outs(%s : memref<6xf32>) {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.addf %b, %a : f32
    linalg.yield %0 : f32
  }
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
    ins(%s : memref<6xf32>) outs(%m : memref<6xf32>) {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.divf %a, %c128 : f32
    linalg.yield %0 : f32
  }
  memref.dealloc %s : memref<6xf32>
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
    ins(%x, %m : memref<6x128xf32>, memref<6xf32>) outs(%q : memref<6x128xi8>) {
  ^bb0(%a: f32, %b: f32, %c: i8):
    %0 = arith.subf %a, %b : f32
    %1 = arith.fptosi %0 : f32 to i8
    linalg.yield %1 : i8
  }
  memref.dealloc %m : memref<6xf32>
  return
}

// -----

// A row that is no multiple of the warp, and a sum that is wanted in memory.

// CHECK-LABEL: func @tail
// CHECK-SAME: (%[[X:.*]]: memref<4x40xf32>, %[[S:.*]]: memref<4xf32>)
// CHECK: %[[IN:.*]] = arith.cmpi ult, %[[C:.*]], %c40
// CHECK: %[[AT:.*]] = arith.select %[[IN]], %[[C]], %c39
// CHECK: memref.load %[[X]][%[[ROW:.*]], %{{.*}}]
// CHECK: memref.load %[[X]][%[[ROW]], %[[AT]]]
// CHECK: arith.select %[[IN]]
// CHECK: nvvm.bar.warp.sync
// CHECK: scf.if
// CHECK-NEXT: memref.store %{{.*}}, %[[S]][%[[ROW]]]
func.func @tail(%x: memref<4x40xf32>, %s: memref<4xf32>) {
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]}
    ins(%x : memref<4x40xf32>) outs(%s : memref<4xf32>) {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.maximumf %a, %b : f32
    linalg.yield %0 : f32
  }
  return
}

// -----

// Points: four neighbours a thread; indices and loads of the body stay.

// CHECK-LABEL: func @points
// CHECK-SAME: (%[[I:.*]]: memref<64x128xi32>, %[[T:.*]]: memref<9xf32>, %[[Y:.*]]: memref<64x128xf32>)
// CHECK: gpu.launch {{.*}} in ({{.*}} = %c16, {{.*}} in ({{.*}} = %c128,
// CHECK-NOT: scf.if
// CHECK-COUNT-4: memref.load %[[I]]
// CHECK-COUNT-4: memref.load %[[T]]
// CHECK-COUNT-4: memref.store %{{.*}}, %[[Y]]
func.func @points(%i: memref<64x128xi32>, %t: memref<9xf32>, %y: memref<64x128xf32>) {
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
    ins(%i : memref<64x128xi32>) outs(%y : memref<64x128xf32>) {
  ^bb0(%a: i32, %b: f32):
    %row = linalg.index 0 : index
    %rowValue = arith.index_cast %row : index to i32
    %rowFloat = arith.sitofp %rowValue : i32 to f32
    %at = arith.index_cast %a : i32 to index
    %0 = memref.load %t[%at] : memref<9xf32>
    %1 = arith.addf %0, %rowFloat : f32
    linalg.yield %1 : f32
  }
  return
}

// -----

// A window of few elements: one thread, in the loops' order, from the filled
// value to what follows.

// CHECK-LABEL: func @window
// CHECK-SAME: (%[[X:.*]]: memref<8x8x6xf32>, %[[Y:.*]]: memref<4x4x6xf32>)
// CHECK-NOT: memref.alloc
// CHECK: gpu.launch
// CHECK: %[[R:.*]] = scf.for {{.*}} iter_args(%{{.*}} = %[[MIN:.*]])
// CHECK: scf.for
// CHECK: memref.load %[[X]]
// CHECK: %[[N:.*]] = arith.negf %[[R]]
// CHECK: memref.store %[[N]], %[[Y]]
func.func @window(%x: memref<8x8x6xf32>, %y: memref<4x4x6xf32>) {
  %min = arith.constant 0xFF800000 : f32
  %w = memref.alloc() : memref<2x2xf32>
  %p = memref.alloc() : memref<4x4x6xf32>
  linalg.fill ins(%min : f32) outs(%p : memref<4x4x6xf32>)
  linalg.generic {indexing_maps = [affine_map<(i, j, c, k, l) -> (i * 2 + k, j * 2 + l, c)>,
                                   affine_map<(i, j, c, k, l) -> (k, l)>,
                                   affine_map<(i, j, c, k, l) -> (i, j, c)>],
                  iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction"]}
    ins(%x, %w : memref<8x8x6xf32>, memref<2x2xf32>) outs(%p : memref<4x4x6xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.maximumf %c, %a : f32
    linalg.yield %0 : f32
  }
  linalg.generic {indexing_maps = [affine_map<(i, j, c) -> (i, j, c)>, affine_map<(i, j, c) -> (i, j, c)>],
                  iterator_types = ["parallel", "parallel", "parallel"]}
    ins(%p : memref<4x4x6xf32>) outs(%y : memref<4x4x6xf32>) {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.negf %a : f32
    linalg.yield %0 : f32
  }
  memref.dealloc %p : memref<4x4x6xf32>
  memref.dealloc %w : memref<2x2xf32>
  return
}

// -----

// What is read at another place than it was written at needs a kernel of its
// own; so does what stands behind other users of memory.

// CHECK-LABEL: func @apart
// CHECK-COUNT-3: gpu.launch
// CHECK-NOT: gpu.launch
func.func @apart(%x: memref<8x8xf32>, %y: memref<8x8xf32>, %z: memref<8x8xf32>) {
  %t = memref.alloc() : memref<8x8xf32>
  linalg.negf ins(%x : memref<8x8xf32>) outs(%t : memref<8x8xf32>)
  linalg.transpose ins(%t : memref<8x8xf32>) outs(%y : memref<8x8xf32>) permutation = [1, 0]
  "test.reads"(%y) : (memref<8x8xf32>) -> ()
  linalg.negf ins(%y : memref<8x8xf32>) outs(%z : memref<8x8xf32>)
  memref.dealloc %t : memref<8x8xf32>
  return
}

// -----

// CHECK-LABEL: func @copies
// CHECK-SAME: (%[[X:.*]]: memref<4x4xi8>, %[[Y:.*]]: memref<6x6xi8>, %[[Z:.*]]: memref<8x4xi8>)
// CHECK: %[[PART:.*]] = memref.subview %[[Y]]
// CHECK: gpu.launch
// CHECK: memref.load %[[X]]
// CHECK: memref.store %{{.*}}, %[[PART]]
// CHECK: %[[HALF:.*]] = memref.subview %[[Z]]
// CHECK: memref.copy %[[X]], %[[HALF]]
func.func @copies(%x: memref<4x4xi8>, %y: memref<6x6xi8>, %z: memref<8x4xi8>) {
  %part = memref.subview %y[1, 1] [4, 4] [1, 1] : memref<6x6xi8> to memref<4x4xi8, strided<[6, 1], offset: 7>>
  memref.copy %x, %part : memref<4x4xi8> to memref<4x4xi8, strided<[6, 1], offset: 7>>
  %half = memref.subview %z[4, 0] [4, 4] [1, 1] : memref<8x4xi8> to memref<4x4xi8, strided<[4, 1], offset: 16>>
  memref.copy %x, %half : memref<4x4xi8> to memref<4x4xi8, strided<[4, 1], offset: 16>>
  return
}

// -----

// Quantized elements beside their row sums: a warp has both.

// CHECK-LABEL: func @elementsAndSums
// CHECK-SAME: (%[[X:.*]]: memref<6x64xf32>, %[[Q:.*]]: memref<6x64xi8>, %[[S:.*]]: memref<6xi32>)
// CHECK-COUNT-1: gpu.launch
// CHECK-COUNT-2: arith.fptosi
// CHECK-COUNT-5: gpu.shuffle xor
// CHECK: memref.store %{{.*}}, %[[S]]
// CHECK-COUNT-2: memref.store %{{.*}}, %[[Q]]
// CHECK-NOT: gpu.launch
func.func @elementsAndSums(%x: memref<6x64xf32>, %q: memref<6x64xi8>, %s: memref<6xi32>) {
  %c0 = arith.constant 0 : i32
  linalg.fill ins(%c0 : i32) outs(%s : memref<6xi32>)
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]}
    ins(%x : memref<6x64xf32>) outs(%q, %s : memref<6x64xi8>, memref<6xi32>) {
  ^bb0(%a: f32, %b: i8, %c: i32):
    %0 = arith.fptosi %a : f32 to i8
    %1 = arith.extsi %0 : i8 to i32
    %2 = arith.addi %c, %1 : i32
    linalg.yield %0, %2 : i8, i32
  }
  return
}

// -----

// With few columns a thread computes the row and stores each element at once.

// CHECK-LABEL: func @fewElementsAndSums
// CHECK-SAME: (%[[X:.*]]: memref<6x5xf32>, %[[Q:.*]]: memref<6x5xi8>, %[[S:.*]]: memref<6xi32>)
// CHECK: %[[SUM:.*]] = scf.for %[[J:.*]] = %c0 to %c5 step %c1 iter_args(%[[C:.*]] = %c0_i32
// CHECK: %[[E:.*]] = arith.fptosi
// CHECK: %[[W:.*]] = arith.extsi %[[E]]
// CHECK: %[[N:.*]] = arith.addi %[[C]], %[[W]]
// CHECK: memref.store %[[E]], %[[Q]][%[[I:.*]], %[[J]]]
// CHECK: scf.yield %[[N]]
// CHECK: memref.store %[[SUM]], %[[S]][%[[I]]]
func.func @fewElementsAndSums(%x: memref<6x5xf32>, %q: memref<6x5xi8>, %s: memref<6xi32>) {
  %c0 = arith.constant 0 : i32
  linalg.fill ins(%c0 : i32) outs(%s : memref<6xi32>)
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]}
    ins(%x : memref<6x5xf32>) outs(%q, %s : memref<6x5xi8>, memref<6xi32>) {
  ^bb0(%a: f32, %b: i8, %c: i32):
    %0 = arith.fptosi %a : f32 to i8
    %1 = arith.extsi %0 : i8 to i32
    %2 = arith.addi %c, %1 : i32
    linalg.yield %0, %2 : i8, i32
  }
  return
}

// -----

// A cache that is updated where a tensor says: the kernel loads the position
// and makes the view.

// CHECK-LABEL: func @update
// CHECK-SAME: (%[[CACHE:.*]]: memref<4x16x8xf32>, %[[V:.*]]: memref<4x1x8xf32>, %[[P:.*]]: memref<i32>)
// CHECK-NOT: memref.load
// CHECK: gpu.launch
// CHECK: %[[N:.*]] = memref.load %[[P]][] : memref<i32>
// CHECK: %[[I:.*]] = arith.index_cast %[[N]] : i32 to index
// CHECK: %[[LOW:.*]] = arith.maxsi %[[I]], %c0
// CHECK: %[[AT:.*]] = arith.minsi %[[LOW]], %c15
// CHECK: %[[VIEW:.*]] = memref.subview %[[CACHE]][0, %[[AT]], 0] [4, 1, 8] [1, 1, 1]
// CHECK: %[[X:.*]] = memref.load %[[V]]
// CHECK: memref.store %[[X]], %[[VIEW]]
func.func @update(%cache: memref<4x16x8xf32>, %v: memref<4x1x8xf32>, %p: memref<i32>) {
  %c0 = arith.constant 0 : index
  %c15 = arith.constant 15 : index
  %n = memref.load %p[] : memref<i32>
  %i = arith.index_cast %n : i32 to index
  %low = arith.maxsi %i, %c0 : index
  %at = arith.minsi %low, %c15 : index
  %part = memref.subview %cache[0, %at, 0] [4, 1, 8] [1, 1, 1] : memref<4x16x8xf32> to memref<4x1x8xf32, strided<[128, 8, 1], offset: ?>>
  memref.copy %v, %part : memref<4x1x8xf32> to memref<4x1x8xf32, strided<[128, 8, 1], offset: ?>>
  return
}

// -----

// A row that does not fit into registers: a pass that sums, one that uses the
// sum. What was computed before stays in memory.

// CHECK-LABEL: func @longRows
// CHECK-SAME: (%[[X:.*]]: memref<3x1030xf32>, %[[Y:.*]]: memref<3x1030xf32>)
// CHECK: %[[E:.*]] = memref.alloc() : memref<3x1030xf32>
// CHECK-NOT: memref.alloc
// CHECK-COUNT-1: gpu.launch
// CHECK: %[[PART:.*]] = scf.for %[[C:.*]] = %c0 to %c1024 step %c32 iter_args(%[[S:.*]] = %{{.*}}) -> (f32) {
// CHECK:   %[[J:.*]] = arith.addi %[[C]], %[[LANE:.*]] : index
// CHECK:   %[[A:.*]] = memref.load %[[X]][%[[ROW:.*]], %[[J]]]
// CHECK:   %[[EXP:.*]] = math.exp %[[A]]
// CHECK:   memref.store %[[EXP]], %[[E]][%[[ROW]], %[[J]]]
// CHECK:   arith.addf %[[S]], %[[EXP]]
// CHECK: %[[IN:.*]] = arith.cmpi ult, %[[LANE]], %c6
// CHECK: %[[SUM:.*]] = scf.if %[[IN]] -> (f32) {
// CHECK:   math.exp
// CHECK: } else {
// CHECK:   scf.yield %[[PART]]
// CHECK: gpu.shuffle xor %[[SUM]]
// CHECK-COUNT-4: gpu.shuffle xor
// CHECK: scf.for %{{.*}} = %c0 to %c1024 step %c32 {
// CHECK:   memref.load %[[E]]
// CHECK:   arith.divf
// CHECK:   memref.store %{{.*}}, %[[Y]]
// CHECK-NOT: gpu.launch
func.func @longRows(%x: memref<3x1030xf32>, %y: memref<3x1030xf32>) {
  %zero = arith.constant 0.0 : f32
  %e = memref.alloc() : memref<3x1030xf32>
  %s = memref.alloc() : memref<3xf32>
  linalg.exp ins(%x : memref<3x1030xf32>) outs(%e : memref<3x1030xf32>)
  linalg.fill ins(%zero : f32) outs(%s : memref<3xf32>)
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]}
    ins(%e : memref<3x1030xf32>) outs(%s : memref<3xf32>) {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.addf %b, %a : f32
    linalg.yield %0 : f32
  }
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
    ins(%e, %s : memref<3x1030xf32>, memref<3xf32>) outs(%y : memref<3x1030xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.divf %a, %b : f32
    linalg.yield %0 : f32
  }
  memref.dealloc %e : memref<3x1030xf32>
  memref.dealloc %s : memref<3xf32>
  return
}

// -----

// Sums along columns are not those of a warp: neighbours of a row are not added.

// CHECK-LABEL: func @columnSums
// CHECK-NOT: gpu.shuffle
// CHECK: scf.for %{{.*}} = %c0 to %c64 step %c1 iter_args
func.func @columnSums(%x: memref<64x40xf32>, %s: memref<40xf32>) {
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (j, i)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]}
    ins(%x : memref<64x40xf32>) outs(%s : memref<40xf32>) {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.addf %b, %a : f32
    linalg.yield %0 : f32
  }
  return
}
