/* SPDX-License-Identifier: MIT */
/*
 * plugin_signature FILE SIGNATURE ANCHORS: does the agent's own check like what
 * another tool has signed? Exit status 0 and the signer, or 1 and why not.
 */
#include <fcntl.h>
#include <stdio.h>

#include "cms.h"
#include "file.h"
#include "own.h"
#include "x509.h"

static int
check(char *const argv[], char *who, size_t size, struct err *e)
{
	own_fd int fd = open(argv[1], O_RDONLY | O_CLOEXEC);
	own_bytes struct bytes sig = { 0 };
	own_store X509_STORE *anchors = x509_anchors(argv[3], e);

	if (anchors == NULL)
		return -1;
	if (fd == -1)
		return err_sys(e, "%s", argv[1]);
	if (file_read(AT_FDCWD, argv[2], CMS_SIG_MAX, &sig, e) == -1)
		return -1;
	return cms_verify_fd(sig.p, sig.len, fd, anchors, who, size, e);
}

int
main(int argc, char *argv[])
{
	char who[256] = "";
	struct err e;

	if (argc != 4)
		return 2;
	if (check(argv, who, sizeof(who), &e) == -1)
		return (void)fprintf(stderr, "%s\n", e.text), 1;
	(void)printf("%s\n", who);
	return 0;
}
