/*
 * dllm_mpi.h - ranks in several processes over MPI, as far as dllm-lab needs it: messages, broadcasts and gathers, none of which
 * waits. A call begins an operation and gives a request; dllm_mpi_test says whether it is done.
 *
 * The rules of dllm.h hold: statuses with text, memory of the caller is neither kept nor trusted, nothing is thrown. Besides:
 *  - One thread makes all calls, the one that called dllm_mpi_start.
 *  - All ranks of a group begin its broadcasts and gathers in the same order.
 *  - dllm_mpi_split and dllm_mpi_finish alone wait for other ranks.
 *  - Operations go forward while some call of this library is being made; who waits calls dllm_mpi_test again and again.
 */
#ifndef DLLM_MPI_H
#define DLLM_MPI_H

#include "dllm.h"

#if defined(__cplusplus)
extern "C" {
#endif

#define DLLM_MPI_ABI_VERSION 2u

/* The group of all ranks, as dllm_mpi_split gives others. */
#define DLLM_MPI_ALL 0u
/* Largest tag, and the size that dllm_mpi_probe gives where no message waits. */
#define DLLM_MPI_TAG_LIMIT 32767u
#define DLLM_MPI_NO_MESSAGE UINT64_MAX

DLLM_API uint32_t dllm_mpi_abi_version(void) DLLM_NOEXCEPT;
/* Joins the job that mpirun started; alone where none did. Once per process. */
DLLM_API dllm_status dllm_mpi_start(uint32_t *rank, uint32_t *size, char *err, uint64_t err_cap) DLLM_NOEXCEPT;
/* Version of the MPI library in its own words, NUL-terminated; before and after dllm_mpi_start. */
DLLM_API dllm_status dllm_mpi_version(char *out, uint64_t out_cap, char *err, uint64_t err_cap) DLLM_NOEXCEPT;

/*
 * Forms groups for broadcasts and gathers: ranks that give the same color, 0..INT_MAX, are one, and count in it in the order of
 * their ranks. All ranks of the job call it, in the same order, and wait for each other.
 */
DLLM_API dllm_status dllm_mpi_split(uint32_t color, uint64_t *group, char *err, uint64_t err_cap) DLLM_NOEXCEPT;

/* Begins to send bytes to a rank, itself included; tag 0..DLLM_MPI_TAG_LIMIT. Messages of one tag between two ranks keep their order. */
DLLM_API dllm_status dllm_mpi_send(uint32_t to, uint32_t tag, const void *bytes, uint64_t count, uint64_t *request, char *err,
                                   uint64_t err_cap) DLLM_NOEXCEPT;
/* Takes the next message of a tag out of the queue and gives its size, or DLLM_MPI_NO_MESSAGE; its bytes follow by dllm_mpi_receive. */
DLLM_API dllm_status dllm_mpi_probe(uint32_t tag, uint64_t *count, uint64_t *message, char *err, uint64_t err_cap) DLLM_NOEXCEPT;
/* Begins to receive a message that was probed; its bytes come with dllm_mpi_test. */
DLLM_API dllm_status dllm_mpi_receive(uint64_t message, uint64_t *request, char *err, uint64_t err_cap) DLLM_NOEXCEPT;
/* Begins to give root's bytes to all ranks of a group; root as the group counts. count is the same everywhere; bytes may be NULL but on the root. */
DLLM_API dllm_status dllm_mpi_broadcast(uint64_t group, uint32_t root, const void *bytes, uint64_t count, uint64_t *request, char *err,
                                        uint64_t err_cap) DLLM_NOEXCEPT;
/* Begins to gather count bytes of every rank of a group, in their order; count is the same everywhere. */
DLLM_API dllm_status dllm_mpi_all_gather(uint64_t group, const void *bytes, uint64_t count, uint64_t *request, char *err,
                                         uint64_t err_cap) DLLM_NOEXCEPT;
/*
 * Whether a request is done. If so *done becomes 1, what came in (a message, a broadcast, a gather; nothing for a send) is
 * copied to out, and the request is gone. out_bytes must be its size, also while it is not done.
 */
DLLM_API dllm_status dllm_mpi_test(uint64_t request, void *out, uint64_t out_bytes, uint32_t *done, char *err,
                                   uint64_t err_cap) DLLM_NOEXCEPT;

/* Leaves the job; waits for the other ranks to do so. No call but dllm_mpi_version may follow. Refused while requests are open. */
DLLM_API dllm_status dllm_mpi_finish(char *err, uint64_t err_cap) DLLM_NOEXCEPT;
/* Ends all processes of the job with this exit status (1..255, others count as 1), and does not return. */
DLLM_API void dllm_mpi_abort(uint32_t exit_status) DLLM_NOEXCEPT;

#if defined(__cplusplus)
}
#endif
#endif
