/* _dl_find_object for musl. Debian's libgcc_eh.a is built against glibc >= 2.35 and asks this
 * function which object an address belongs to and where its unwind tables are; musl has no such
 * function. A static program is a single object, so there is only one answer. The structure is the
 * public ABI that the glibc manual documents for <dlfcn.h>. */
#define _GNU_SOURCE 1
#include <link.h>
#include <stddef.h>

struct dl_find_object_result {
    unsigned long long flags;
    void *map_start;
    void *map_end;
    struct link_map *link_map;
    void *eh_frame;
    unsigned long long reserved[7];
};

/* Set by the linker. */
extern char __executable_start[], _end[];

int _dl_find_object(void *address, struct dl_find_object_result *result);

static int store_eh_frame(struct dl_phdr_info *info, size_t size, void *eh_frame) {
    (void)size;
    for (unsigned i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_GNU_EH_FRAME)
            *(void **)eh_frame = (void *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
    return 1; /* The first object is the program itself: stop. */
}

/* 0 and *RESULT when ADDRESS lies in the program, else -1. */
int _dl_find_object(void *address, struct dl_find_object_result *result) {
    void *eh_frame = NULL;
    if ((char *)address < __executable_start || (char *)address >= _end) return -1;
    dl_iterate_phdr(store_eh_frame, &eh_frame);
    if (!eh_frame) return -1;
    result->flags = 0;
    result->map_start = __executable_start;
    result->map_end = _end;
    result->link_map = NULL;
    result->eh_frame = eh_frame;
    return 0;
}
