/**
 * The functions of `ffi/dllm.h` as `Deno.dlopen` wants them. Only numbers and caller-owned buffers cross the boundary, so that an
 * `--allow-ffi` scoped to the library's folder is enough. `symbols_test.ts` compares this table with the header.
 *
 * @module
 */

const ERROR = [
  "buffer", // char *err
  "u64", // uint64_t err_cap
] as const;

const SUBMIT = [
  "u64", // uint64_t device
  "buffer", // const void *commands
  "u64", // uint64_t bytes
  "buffer", // const void *params
  "u64", // uint64_t params_bytes
  "buffer", // void *out
  "u64", // uint64_t out_bytes
  "buffer", // uint64_t *times_ns
  ...ERROR,
] as const;

const PLAN_RUN = [
  "u64", // uint64_t device
  "u64", // uint64_t plan
  "buffer", // const void *params
  "u64", // uint64_t params_bytes
  "buffer", // void *out
  "u64", // uint64_t out_bytes
  "buffer", // uint64_t *times_ns
  ...ERROR,
] as const;

const GROUP = [
  "u64", // uint64_t group
  ...ERROR,
] as const;

/** The one symbol that is looked at before the others are bound. */
export const VERSION_SYMBOLS = {
  dllm_abi_version: { parameters: [], result: "u32" },
} as const satisfies Deno.ForeignLibraryInterface;

/** Every function of the ABI. Names that end in `_async` are the nonblocking twins of the same C function. */
export const SYMBOLS = {
  ...VERSION_SYMBOLS,
  dllm_build_info: {
    parameters: [
      "buffer", // char *out
      "u64", // uint64_t out_cap
    ],
    result: "i32",
  },
  dllm_clock: { parameters: [], result: "u64" },
  dllm_device_open: {
    parameters: [
      "buffer", // const dllm_device_options *options
      "u64", // uint64_t options_bytes
      "buffer", // uint64_t *device
      ...ERROR,
    ],
    result: "i32",
  },
  dllm_device_close: {
    parameters: [
      "u64", // uint64_t device
      ...ERROR,
    ],
    result: "i32",
  },
  dllm_device_info: {
    parameters: [
      "u64", // uint64_t device
      "buffer", // char *out
      "u64", // uint64_t out_cap
      ...ERROR,
    ],
    result: "i32",
  },
  dllm_device_peak: {
    parameters: [
      "u64", // uint64_t device
      "u32", // uint32_t dtype
      "f64", // double seconds
      "buffer", // double *gflops
      ...ERROR,
    ],
    result: "i32",
  },
  dllm_buffer_create: {
    parameters: [
      "u64", // uint64_t device
      "u64", // uint64_t bytes
      "buffer", // uint64_t *buffer
      ...ERROR,
    ],
    result: "i32",
  },
  dllm_buffer_destroy: {
    parameters: [
      "u64", // uint64_t device
      "u64", // uint64_t buffer
      ...ERROR,
    ],
    result: "i32",
  },
  dllm_buffer_write: {
    parameters: [
      "u64", // uint64_t device
      "u64", // uint64_t buffer
      "u64", // uint64_t offset
      "buffer", // const void *src
      "u64", // uint64_t bytes
      ...ERROR,
    ],
    result: "i32",
  },
  dllm_buffer_read: {
    parameters: [
      "u64", // uint64_t device
      "u64", // uint64_t buffer
      "u64", // uint64_t offset
      "buffer", // void *dst
      "u64", // uint64_t bytes
      ...ERROR,
    ],
    result: "i32",
  },
  dllm_weight_create: {
    parameters: [
      "u64", // uint64_t device
      "u32", // uint32_t dtype
      "u64", // uint64_t n
      "u64", // uint64_t k
      "buffer", // uint64_t *weight
      ...ERROR,
    ],
    result: "i32",
  },
  dllm_weight_write: {
    parameters: [
      "u64", // uint64_t device
      "u64", // uint64_t weight
      "u64", // uint64_t row_begin
      "u64", // uint64_t row_count
      "u64", // uint64_t group
      "u64", // uint64_t group_stride
      "u32", // uint32_t src_dtype
      "buffer", // const void *src
      "u64", // uint64_t src_bytes
      ...ERROR,
    ],
    result: "i32",
  },
  dllm_weight_destroy: {
    parameters: [
      "u64", // uint64_t device
      "u64", // uint64_t weight
      ...ERROR,
    ],
    result: "i32",
  },
  dllm_submit: { parameters: SUBMIT, result: "i32" },
  dllm_submit_async: {
    name: "dllm_submit",
    parameters: SUBMIT,
    result: "i32",
    nonblocking: true,
  },
  dllm_plan_create: {
    parameters: [
      "u64", // uint64_t device
      "buffer", // const void *commands
      "u64", // uint64_t bytes
      "buffer", // uint64_t *plan
      ...ERROR,
    ],
    result: "i32",
  },
  dllm_plan_run: { parameters: PLAN_RUN, result: "i32" },
  dllm_plan_run_async: {
    name: "dllm_plan_run",
    parameters: PLAN_RUN,
    result: "i32",
    nonblocking: true,
  },
  dllm_plan_destroy: {
    parameters: [
      "u64", // uint64_t device
      "u64", // uint64_t plan
      ...ERROR,
    ],
    result: "i32",
  },
  dllm_group_create: {
    parameters: [
      "u32", // uint32_t size
      "buffer", // uint64_t *group
      ...ERROR,
    ],
    result: "i32",
  },
  dllm_group_abort: { parameters: GROUP, result: "i32" },
  dllm_group_destroy: { parameters: GROUP, result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

/** The bound functions. */
export type EngineSymbols = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];
