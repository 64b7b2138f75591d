// The job of MPI that this process is in, and the checks of what its functions are given.
#ifndef DLLM_MPI_JOB_H
#define DLLM_MPI_JOB_H

#define OMPI_SKIP_MPICXX 1
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>

#include <climits>
#include <memory>
#include <thread>
#include <unordered_map>
#include <vector>

#include "failure.h"
#include "mpi/dllm_mpi.h"

namespace dllm_mpi {

using dllm::Failure;
using dllm::format;

// An operation under way, with memory of its own.
struct Operation {
  MPI_Request request = MPI_REQUEST_NULL;
  std::vector<char> bytes;     // what is sent, or what comes in
  std::vector<char> gathered;  // of all ranks, where it is a gather
  bool incoming = false;

  const std::vector<char>& result() const { return gathered.empty() ? bytes : gathered; }
  uint64_t result_bytes() const { return incoming ? result().size() : 0; }
};

// A message that was probed and not yet received.
struct Waiting {
  MPI_Message message;
  int count;
};

// Ranks that broadcast and gather among themselves.
struct RankSet {
  MPI_Comm comm = MPI_COMM_NULL;
  int rank = 0;
  int size = 0;
};

struct Job {
  bool started = false;
  bool finished = false;
  RankSet all;
  std::thread::id thread;
  uint64_t next_id = 1;
  // By address: MPI holds on to requests and memory while an operation is under way.
  std::unordered_map<uint64_t, std::unique_ptr<Operation>> operations;
  std::unordered_map<uint64_t, Waiting> messages;
  std::unordered_map<uint64_t, RankSet> groups;
};

// Never destroyed: an operation under way when the process exits still has its memory.
inline Job& job() {
  static Job& only = *new Job;
  return only;
}

inline void require_mpi(int code, const char* what) {
  if (code == MPI_SUCCESS) return;
  char text[MPI_MAX_ERROR_STRING] = "";
  int length = 0;
  MPI_Error_string(code, text, &length);
  throw Failure(DLLM_INTERNAL, format("%s: %.400s", what, text));
}

inline void require_pointer(const void* pointer, const char* name) {
  if (pointer == nullptr) throw Failure(DLLM_INVALID_ARGUMENT, format("%s is NULL; memory is wanted", name));
}

inline Job& running() {
  Job& own = job();
  if (!own.started || own.finished) {
    throw Failure(DLLM_INVALID_ARGUMENT, own.finished ? "this process has left the job; start another"
                                                      : "this process is in no job; call dllm_mpi_start first");
  }
  if (std::this_thread::get_id() != own.thread) {
    throw Failure(DLLM_INVALID_ARGUMENT, "called on another thread than dllm_mpi_start; one thread makes all calls");
  }
  return own;
}

inline int rank_of(uint32_t rank, const RankSet& group) {
  if (rank < static_cast<uint32_t>(group.size)) return static_cast<int>(rank);
  throw Failure(DLLM_INVALID_ARGUMENT, format("rank %u given; there are ranks 0 to %d", rank, group.size - 1));
}

inline const RankSet& group_of(uint64_t id, const Job& own) {
  if (id == DLLM_MPI_ALL) return own.all;
  const auto found = own.groups.find(id);
  if (found != own.groups.end()) return found->second;
  throw Failure(DLLM_BAD_HANDLE, format("no group has the id %llu; pass one that dllm_mpi_split gave", static_cast<unsigned long long>(id)));
}

inline RankSet rank_set(MPI_Comm comm) {
  RankSet set;
  set.comm = comm;
  require_mpi(MPI_Comm_set_errhandler(comm, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  require_mpi(MPI_Comm_rank(comm, &set.rank), "MPI_Comm_rank");
  require_mpi(MPI_Comm_size(comm, &set.size), "MPI_Comm_size");
  return set;
}

inline int tag_of(uint32_t tag) {
  if (tag <= DLLM_MPI_TAG_LIMIT) return static_cast<int>(tag);
  throw Failure(DLLM_INVALID_ARGUMENT, format("tag %u given; 0 to %u are wanted", tag, DLLM_MPI_TAG_LIMIT));
}

inline int count_of(uint64_t count) {
  if (count <= INT_MAX) return static_cast<int>(count);
  throw Failure(DLLM_INVALID_ARGUMENT,
                format("%llu bytes given; at most %d go into one operation", static_cast<unsigned long long>(count), INT_MAX));
}

inline std::vector<char> copy_of(const void* bytes, uint64_t count) {
  if (count > 0) require_pointer(bytes, "bytes");
  const char* from = static_cast<const char*>(bytes);
  return count == 0 ? std::vector<char>() : std::vector<char>(from, from + count);
}

// Keeps an operation that began, and gives its id.
inline uint64_t keep(Job& own, std::unique_ptr<Operation> operation) {
  const uint64_t id = own.next_id++;
  own.operations.emplace(id, std::move(operation));
  return id;
}

}  // namespace dllm_mpi
#endif
