/* SPDX-License-Identifier: MIT */
#include "scrub_in.h"
enum ctl_code
scrub_classify(struct cli *cli)
{
	(void)cli;
	return CODE_FAILED;
}
