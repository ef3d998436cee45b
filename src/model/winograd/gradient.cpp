// A convolution of 3 x 3 whose numbers are computed elsewhere, as a function that libtorch differentiates with respect to its
// input. tch does not bind such functions.

#include <torch/csrc/autograd/custom_function.h>

#include <ATen/Functions.h>

#include <cstring>

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

using Compute = void (*)(const void*, int, const int64_t*, const float*, const float*, float*);
using Release = void (*)(const void*);

// The filters, released with the last function that goes back through them.
struct Filters : torch::CustomClassHolder {
  const void* filters;
  Compute compute;
  Release release;

  Filters(const void* filters, Compute compute, Release release) : filters(filters), compute(compute), release(release) {}
  ~Filters() override { release(filters); }

  // `maps` [N, C, H, W] to [N, channels, H + 2 rows - 2, W + 2 columns - 2].
  at::Tensor run(bool is_back, const at::Tensor& maps, int64_t channels, int64_t rows, int64_t columns, const float* bias) const {
    auto from = maps.permute({0, 2, 3, 1}).contiguous();
    const int64_t shape[5] = {from.size(0), from.size(1), from.size(2), rows, columns};
    // No view: what follows may overwrite it.
    auto to = at::empty({shape[0], channels, shape[1] + 2 * rows - 2, shape[2] + 2 * columns - 2},
                        from.options().memory_format(at::MemoryFormat::ChannelsLast));
    compute(filters, is_back, shape, bias, from.const_data_ptr<float>(), to.mutable_data_ptr<float>());
    return to;
  }
};

struct Convolution : torch::autograd::Function<Convolution> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias,
                            int64_t rows, int64_t columns, const c10::intrusive_ptr<Filters>& filters) {
    context->save_for_backward({weight});
    context->saved_data["rows"] = rows;
    context->saved_data["columns"] = columns;
    context->saved_data["filters"] = c10::IValue::make_capsule(filters);
    const auto numbers = bias.defined() ? bias.contiguous() : bias;
    return filters->run(false, input, weight.size(0), rows, columns, numbers.defined() ? numbers.const_data_ptr<float>() : nullptr);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto weight = context->get_saved_variables()[0];
    const auto rows = context->saved_data["rows"].toInt(), columns = context->saved_data["columns"].toInt();
    at::Tensor gradient;
    if (at::GradMode::is_enabled()) {
      // Who differentiates the gradient again needs a computation that libtorch knows.
      gradient = at::conv_transpose2d(gradients[0], weight, {}, {1, 1}, {rows, columns});
    } else {
      const auto held = context->saved_data["filters"].toCapsule();
      const auto& filters = static_cast<const Filters&>(*held);
      gradient = filters.run(true, gradients[0], weight.size(1), 2 - rows, 2 - columns, nullptr);
    }
    return {gradient, {}, {}, {}, {}, {}};
  }
};

}  // namespace

extern "C" char* cnn_report_convolution(void** output, const void* input, const void* weight, const void* bias, const int64_t* padding,
                                        const void* filters, Compute compute, Release release) {
  auto held = c10::make_intrusive<Filters>(filters, compute, release);
  try {
    const auto tensor = [](const void* at) { return at ? *static_cast<const at::Tensor*>(at) : at::Tensor(); };
    auto found = Convolution::apply(tensor(input), tensor(weight), tensor(bias), padding[0], padding[1], held);
    *output = new at::Tensor(std::move(found));
    return nullptr;
  } catch (const std::exception& fault) {
    return strdup(fault.what());
  } catch (...) {
    return strdup("a convolution failed");
  }
}
