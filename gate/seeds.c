/* Gives the same seeds to every run: maps of h2 are hashed by what the system calls random, and so look up now more, now less. */
#include <string.h>
#include <sys/types.h>

ssize_t getrandom(void *buffer, size_t length, unsigned int flags)
{
    (void)flags;
    memset(buffer, 7, length);
    return (ssize_t)length;
}
