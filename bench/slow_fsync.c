/* Makes every fsync 5 ms slower: gcc -shared -fPIC -o slow_fsync.so slow_fsync.c -ldl; LD_PRELOAD=./slow_fsync.so … */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>

typedef int (*sync_call)(int);

static int slowly(const char *name, int file)
{
    const struct timespec wait = {0, 5000000};
    sync_call real = (sync_call)dlsym(RTLD_NEXT, name);
    nanosleep(&wait, 0);
    return real(file);
}

int fsync(int file) { return slowly("fsync", file); }
int fdatasync(int file) { return slowly("fdatasync", file); }
