/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which process a number stands for: numbers are used again, so a process is
 * known by its number and the time it started.
 */
#ifndef AZVPN_PROCESS_H
#define AZVPN_PROCESS_H

#include <stdbool.h>

#define AZVPN_PROCESS_SIZE	48

/* "PID/START" of a process; "PID/0" if there is none, or it has ended */
void azvpn_process_name(int pid, char name[AZVPN_PROCESS_SIZE]);
/* Whether it runs still */
bool azvpn_process_alive(int pid, const char *name);

#endif /* AZVPN_PROCESS_H */
