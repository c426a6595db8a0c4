// SPDX-License-Identifier: GPL-3.0-or-later
// The steps of the sandbox: namespaces, Landlock, resource limits and a seccomp filter.
#include "photo/sandbox/sandbox.hpp"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

namespace hone::sandbox {

namespace {

class Parts {
  public:
    explicit Parts(const std::vector<std::string>& without) : without_(without) {}

    // lock: returns 0 or an errno.
    template <typename Lock>
    void add(const std::string& name, Lock lock) {
        const bool left_out = std::ranges::find(without_, name) != without_.end();
        const int error = left_out ? EPERM : lock();
        if (error != 0) missing.push_back(name + ": " + std::strerror(error));
    }
    std::vector<std::string> missing;

  private:
    const std::vector<std::string>& without_;
};

int result_of(int code) {
    return code == 0 ? 0 : errno;
}

int limit(int resource, rlim_t value) {
    rlimit present{};
    if (::getrlimit(static_cast<__rlimit_resource_t>(resource), &present) != 0) return errno;
    const rlim_t wanted = std::min(value, present.rlim_max);
    const rlimit limited{wanted, wanted};
    return result_of(::setrlimit(static_cast<__rlimit_resource_t>(resource), &limited));
}

// Forbids opening files. Open descriptors remain usable.
int lock_file_system() {
    const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 0) return errno;
    landlock_ruleset_attr rules{};
    rules.handled_access_fs = (1ULL << 13) - 1;  // all rights of version 1
    const long ruleset = ::syscall(SYS_landlock_create_ruleset, &rules, sizeof rules, 0);
    if (ruleset < 0) return errno;
    const int error = result_of(static_cast<int>(::syscall(SYS_landlock_restrict_self, ruleset, 0)));
    ::close(static_cast<int>(ruleset));
    return error;
}

// The system calls of libvips, LibRaw, Exiv2 and the C library during decoding: memory, threads, time, and
// reading and writing open descriptors. No open, socket, exec, fork or ptrace.
constexpr int kAllowedCalls[] = {SCMP_SYS(read),
                                 SCMP_SYS(readv),
                                 SCMP_SYS(pread64),
                                 SCMP_SYS(write),
                                 SCMP_SYS(writev),
                                 SCMP_SYS(lseek),
                                 SCMP_SYS(close),
                                 SCMP_SYS(fstat),
                                 SCMP_SYS(newfstatat),
                                 SCMP_SYS(recvmsg),
                                 SCMP_SYS(sendmsg),
                                 SCMP_SYS(poll),
                                 SCMP_SYS(ppoll),
                                 SCMP_SYS(mmap),
                                 SCMP_SYS(munmap),
                                 SCMP_SYS(mremap),
                                 SCMP_SYS(mprotect),
                                 SCMP_SYS(madvise),
                                 SCMP_SYS(brk),
                                 SCMP_SYS(futex),
                                 SCMP_SYS(set_robust_list),
                                 SCMP_SYS(rseq),
                                 SCMP_SYS(rt_sigaction),
                                 SCMP_SYS(rt_sigprocmask),
                                 SCMP_SYS(rt_sigreturn),
                                 SCMP_SYS(sigaltstack),
                                 SCMP_SYS(exit),
                                 SCMP_SYS(exit_group),
                                 SCMP_SYS(sched_yield),
                                 SCMP_SYS(sched_getaffinity),
                                 SCMP_SYS(getpid),
                                 SCMP_SYS(gettid),
                                 SCMP_SYS(tgkill),
                                 SCMP_SYS(clock_gettime),
                                 SCMP_SYS(clock_getres),
                                 SCMP_SYS(gettimeofday),
                                 SCMP_SYS(clock_nanosleep),
                                 SCMP_SYS(nanosleep),
                                 SCMP_SYS(getrandom),
                                 SCMP_SYS(getrusage),
                                 SCMP_SYS(sysinfo),
                                 SCMP_SYS(membarrier),
                                 SCMP_SYS(getcpu),
                                 SCMP_SYS(restart_syscall)};

int lock_calls() {
    const std::unique_ptr<void, void (*)(scmp_filter_ctx)> filter(seccomp_init(SCMP_ACT_ERRNO(EPERM)),
                                                                  seccomp_release);
    if (!filter) return ENOSYS;
    int error = 0;
    const auto allow = [&](int call, auto... conditions) {
        if (error == 0)
            error =
                -seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, call, sizeof...(conditions), conditions...);
    };
    for (const int call : kAllowedCalls) allow(call);
    // Allow threads, but not processes. glibc tries clone3 first, whose flags the filter cannot see. (Sets
    // scmp_arg_cmp by its fields, because clang rejects libseccomp's C macros.)
    allow(SCMP_SYS(clone), scmp_arg_cmp{0, SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD});
    allow(SCMP_SYS(prctl), scmp_arg_cmp{0, SCMP_CMP_EQ, PR_SET_NAME, 0});
    allow(SCMP_SYS(fcntl), scmp_arg_cmp{1, SCMP_CMP_EQ, F_GETFL, 0});
    if (error == 0) error = -seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    if (error == 0) seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_TSYNC, 1);  // libraries may have threads
    if (error == 0) error = -seccomp_load(filter.get());
    return error;
}

}  // namespace

std::vector<std::string> lock_process(const std::vector<std::string>& without) {
    Parts parts(without);
    parts.add("no new privileges", [] { return result_of(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)); });
    parts.add("no core file", [] { return limit(RLIMIT_CORE, 0); });
    parts.add("namespaces (no network)", [] {
        return result_of(::unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS));
    });
    return parts.missing;
}

std::vector<std::string> lock_files_and_calls(const Limits& limits, const std::vector<std::string>& without) {
    Parts parts(without);
    parts.add("memory limit", [&] {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
        return 0;  // a sanitizer maps terabytes
#endif
        // The process's own allocations; the photo and the shared memory are mapped separately.
        const int error = limit(RLIMIT_DATA, limits.memory_bytes);
        return error != 0 ? error : limit(RLIMIT_AS, 8 * limits.memory_bytes);
    });
    parts.add("no writing of files", [] { return limit(RLIMIT_FSIZE, 0); });
    parts.add("few descriptors", [] { return limit(RLIMIT_NOFILE, 64); });
    parts.add("file system (Landlock)", lock_file_system);
    parts.add("system calls (seccomp)", lock_calls);
    return parts.missing;
}

}  // namespace hone::sandbox
