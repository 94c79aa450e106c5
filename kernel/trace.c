// SPDX-License-Identifier: GPL-2.0
/* Tracepoints: every packet sent, received and dropped. */
#define CREATE_TRACE_POINTS
#include "trace.h"
