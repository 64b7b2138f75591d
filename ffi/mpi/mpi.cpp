// The functions of dllm_mpi.h over any MPI of version 3 or newer.
#include <cstdlib>
#include <cstring>
#include <new>

#include "mpi/job.h"

using namespace dllm_mpi;

namespace {

// Runs a call of the ABI: no exception gets out.
template <typename Body>
dllm_status guarded(char* err, uint64_t err_cap, Body body) noexcept {
  try {
    body();
    dllm::put_text(err, err_cap, "");
    return DLLM_OK;
  } catch (const Failure& failure) {
    dllm::put_text(err, err_cap, failure.what());
    return failure.status();
  } catch (const std::exception& error) {
    dllm::put_text(err, err_cap, error.what());
    return dynamic_cast<const std::bad_alloc*>(&error) ? DLLM_OUT_OF_MEMORY : DLLM_INTERNAL;
  }
}

void start(uint32_t* rank, uint32_t* size) {
  require_pointer(rank, "rank");
  require_pointer(size, "size");
  Job& own = job();
  if (own.started) throw Failure(DLLM_INVALID_ARGUMENT, "this process has joined its job already; that is done once");
  int provided = MPI_THREAD_SINGLE;
  require_mpi(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided), "MPI_Init_thread");
  own.thread = std::this_thread::get_id();
  if (provided < MPI_THREAD_FUNNELED) {
    throw Failure(DLLM_UNSUPPORTED, "this MPI cannot be used in a process with threads; install another, such as Open MPI");
  }
  // A communicator of our own, on which errors come back instead of ending the process.
  MPI_Comm all = MPI_COMM_NULL;
  require_mpi(MPI_Comm_dup(MPI_COMM_WORLD, &all), "MPI_Comm_dup");
  own.all = rank_set(all);
  own.started = true;
  *rank = static_cast<uint32_t>(own.all.rank);
  *size = static_cast<uint32_t>(own.all.size);
}

void split(uint32_t color, uint64_t* group) {
  Job& own = running();
  require_pointer(group, "group");
  if (color > INT_MAX) throw Failure(DLLM_INVALID_ARGUMENT, format("color %u given; 0 to %d are wanted", color, INT_MAX));
  MPI_Comm part = MPI_COMM_NULL;
  require_mpi(MPI_Comm_split(own.all.comm, static_cast<int>(color), own.all.rank, &part), "MPI_Comm_split");
  *group = own.next_id++;
  own.groups.emplace(*group, rank_set(part));
}

void test(uint64_t request, void* out, uint64_t out_bytes, uint32_t* done) {
  Job& own = running();
  require_pointer(done, "done");
  const auto found = own.operations.find(request);
  if (found == own.operations.end()) {
    throw Failure(DLLM_BAD_HANDLE,
                  format("no request has the id %llu: it was never given out, or is done", static_cast<unsigned long long>(request)));
  }
  Operation& operation = *found->second;
  if (out_bytes != operation.result_bytes()) {
    throw Failure(DLLM_INVALID_ARGUMENT, format("out_bytes is %llu; this request brings %llu bytes", static_cast<unsigned long long>(out_bytes),
                                                static_cast<unsigned long long>(operation.result_bytes())));
  }
  if (out_bytes > 0) require_pointer(out, "out");
  int complete = 0;
  const int code = MPI_Test(&operation.request, &complete, MPI_STATUS_IGNORE);
  if (code != MPI_SUCCESS) {
    // What MPI still does with the memory is unknown: it stays.
    static_cast<void>(found->second.release());
    own.operations.erase(found);
    require_mpi(code, "MPI_Test");
  }
  *done = complete ? 1 : 0;
  if (!complete) return;
  if (out_bytes > 0) std::memcpy(out, operation.result().data(), out_bytes);
  own.operations.erase(found);
}

void finish() {
  Job& own = running();
  if (!own.operations.empty() || !own.messages.empty()) {
    throw Failure(DLLM_INVALID_ARGUMENT, format("%zu requests are open and %zu messages not received; test them until they are done",
                                                own.operations.size(), own.messages.size()));
  }
  own.finished = true;
  for (auto& [id, group] : own.groups) require_mpi(MPI_Comm_free(&group.comm), "MPI_Comm_free");
  require_mpi(MPI_Comm_free(&own.all.comm), "MPI_Comm_free");
  require_mpi(MPI_Finalize(), "MPI_Finalize");
}

}  // namespace

uint32_t dllm_mpi_abi_version(void) noexcept { return DLLM_MPI_ABI_VERSION; }

dllm_status dllm_mpi_start(uint32_t* rank, uint32_t* size, char* err, uint64_t err_cap) noexcept {
  return guarded(err, err_cap, [&] { start(rank, size); });
}

dllm_status dllm_mpi_version(char* out, uint64_t out_cap, char* err, uint64_t err_cap) noexcept {
  return guarded(err, err_cap, [&] {
    if (out_cap > 0) require_pointer(out, "out");
    char text[MPI_MAX_LIBRARY_VERSION_STRING] = "";
    int length = 0;
    require_mpi(MPI_Get_library_version(text, &length), "MPI_Get_library_version");
    dllm::put_text(out, out_cap, text);
  });
}

dllm_status dllm_mpi_send(uint32_t to, uint32_t tag, const void* bytes, uint64_t count, uint64_t* request, char* err,
                          uint64_t err_cap) noexcept {
  return guarded(err, err_cap, [&] {
    Job& own = running();
    require_pointer(request, "request");
    const int rank = rank_of(to, own.all), label = tag_of(tag), size = count_of(count);
    auto operation = std::make_unique<Operation>();
    operation->bytes = copy_of(bytes, count);
    require_mpi(MPI_Isend(operation->bytes.data(), size, MPI_BYTE, rank, label, own.all.comm, &operation->request), "MPI_Isend");
    *request = keep(own, std::move(operation));
  });
}

dllm_status dllm_mpi_probe(uint32_t tag, uint64_t* count, uint64_t* message, char* err, uint64_t err_cap) noexcept {
  return guarded(err, err_cap, [&] {
    Job& own = running();
    require_pointer(count, "count");
    require_pointer(message, "message");
    *count = DLLM_MPI_NO_MESSAGE;
    int found = 0;
    Waiting waiting{MPI_MESSAGE_NULL, 0};
    MPI_Status status;
    require_mpi(MPI_Improbe(MPI_ANY_SOURCE, tag_of(tag), own.all.comm, &found, &waiting.message, &status), "MPI_Improbe");
    if (!found) return;
    require_mpi(MPI_Get_count(&status, MPI_BYTE, &waiting.count), "MPI_Get_count");
    *message = own.next_id++;
    own.messages.emplace(*message, waiting);
    *count = static_cast<uint64_t>(waiting.count);
  });
}

dllm_status dllm_mpi_receive(uint64_t message, uint64_t* request, char* err, uint64_t err_cap) noexcept {
  return guarded(err, err_cap, [&] {
    Job& own = running();
    require_pointer(request, "request");
    const auto found = own.messages.find(message);
    if (found == own.messages.end()) {
      throw Failure(DLLM_BAD_HANDLE, format("no message has the id %llu: it was never given out, or is received",
                                            static_cast<unsigned long long>(message)));
    }
    auto operation = std::make_unique<Operation>();
    operation->incoming = true;
    operation->bytes.resize(static_cast<size_t>(found->second.count));
    Waiting waiting = found->second;
    own.messages.erase(found);
    require_mpi(MPI_Imrecv(operation->bytes.data(), waiting.count, MPI_BYTE, &waiting.message, &operation->request), "MPI_Imrecv");
    *request = keep(own, std::move(operation));
  });
}

dllm_status dllm_mpi_split(uint32_t color, uint64_t* group, char* err, uint64_t err_cap) noexcept {
  return guarded(err, err_cap, [&] { split(color, group); });
}

dllm_status dllm_mpi_broadcast(uint64_t group, uint32_t root, const void* bytes, uint64_t count, uint64_t* request, char* err,
                               uint64_t err_cap) noexcept {
  return guarded(err, err_cap, [&] {
    Job& own = running();
    require_pointer(request, "request");
    const RankSet& ranks = group_of(group, own);
    const int from = rank_of(root, ranks), size = count_of(count);
    auto operation = std::make_unique<Operation>();
    operation->incoming = true;
    if (from == ranks.rank) operation->bytes = copy_of(bytes, count);
    else operation->bytes.resize(count);
    require_mpi(MPI_Ibcast(operation->bytes.data(), size, MPI_BYTE, from, ranks.comm, &operation->request), "MPI_Ibcast");
    *request = keep(own, std::move(operation));
  });
}

dllm_status dllm_mpi_all_gather(uint64_t group, const void* bytes, uint64_t count, uint64_t* request, char* err,
                                uint64_t err_cap) noexcept {
  return guarded(err, err_cap, [&] {
    Job& own = running();
    require_pointer(request, "request");
    const RankSet& ranks = group_of(group, own);
    const int size = count_of(count);
    auto operation = std::make_unique<Operation>();
    operation->incoming = true;
    operation->bytes = copy_of(bytes, count);
    operation->gathered.resize(count * static_cast<uint64_t>(ranks.size));
    require_mpi(MPI_Iallgather(operation->bytes.data(), size, MPI_BYTE, operation->gathered.data(), size, MPI_BYTE, ranks.comm,
                               &operation->request),
                "MPI_Iallgather");
    *request = keep(own, std::move(operation));
  });
}

dllm_status dllm_mpi_test(uint64_t request, void* out, uint64_t out_bytes, uint32_t* done, char* err, uint64_t err_cap) noexcept {
  return guarded(err, err_cap, [&] { test(request, out, out_bytes, done); });
}

dllm_status dllm_mpi_finish(char* err, uint64_t err_cap) noexcept {
  return guarded(err, err_cap, [] { finish(); });
}

void dllm_mpi_abort(uint32_t exit_status) noexcept {
  const int status = exit_status >= 1 && exit_status <= 255 ? static_cast<int>(exit_status) : 1;
  if (job().started && !job().finished) MPI_Abort(MPI_COMM_WORLD, status);
  std::_Exit(status);
}
