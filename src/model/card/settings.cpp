// How libtorch computes on a graphics card. Its C interface, which tch binds, does not reach these settings.

#include <ATen/Context.h>

#include <cstdlib>

// 0 where every setting was made. Repeatable: cuDNN takes only algorithms that give the same numbers each time. libtorch's
// own switch for that is left alone: it prints a line for each call of an operator that has no such form, such as the
// gradient of adaptive pooling. Full: float32 products of 24 bits, not TensorFloat-32's 11, which cuDNN takes by default.
extern "C" int cnn_report_repeatable_and_full() {
  try {
    auto& context = at::globalContext();
    context.setAllowTF32CuDNN(false);
    context.setAllowTF32CuBLAS(false);
    context.setBenchmarkCuDNN(false);
    context.setDeterministicCuDNN(true);
    // cuBLAS is repeatable only with a workspace of fixed size, which it takes from the environment.
    setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", 0);
    return 0;
  } catch (...) {
    return 1;
  }
}
