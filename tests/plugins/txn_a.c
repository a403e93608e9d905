/* SPDX-License-Identifier: MIT */
/* One of two equal plugins for tests of the transaction. */
#include "txn_body.h"

TXN_PLUGIN("txn_a");
