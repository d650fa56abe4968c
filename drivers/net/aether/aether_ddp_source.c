/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Where bring-up gets its DDP package from: the file that the devargs name, or the first that
 * will do where firmware is kept. A reset can empty the card, so the path is kept with the port.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aether_ddp_file.h"
#include "aether_devargs.h"
#include "aether_ethdev.h"
#include "base/aether_pkg.h"

static int
check_package(const void *data, size_t len, void *arg, char *why, size_t why_size)
{
	const struct aether_hw *hw = arg;
	struct aether_pkg pkg;

	return aether_pkg_parse(data, len, hw->device_id, &pkg, why, why_size);
}

static int
load_package(struct aether_hw *hw, void *arg, void **data, size_t *len)
{
	const struct aether_ddp_search search = {
		.port = hw->name,
		.path = arg,
		.serial = hw->serial,
		.check = check_package,
		.arg = hw,
	};
	struct aether_ddp_file file;
	int ret = aether_ddp_file_find(&search, &file);

	if (ret != 0)
		return ret;
	AETHER_LOG(INFO, "%s: DDP package from %s", hw->name, file.path);
	*data = file.data;
	*len = file.len;
	return 0;
}

int
aether_ddp_source_init(struct aether_process *process, const struct aether_devargs *args)
{
	if (args->ddp_pkg_file != NULL) {
		process->ddp_pkg_file = strdup(args->ddp_pkg_file);
		if (process->ddp_pkg_file == NULL)
			return -ENOMEM;
	}
	process->hw.ddp_source = (struct aether_ddp_source){
		.load = load_package,
		.arg = process->ddp_pkg_file,
		.by_name = process->ddp_pkg_file != NULL,
		.safe_mode = args->safe_mode,
	};
	return 0;
}

void
aether_ddp_source_fini(struct aether_process *process)
{
	free(process->ddp_pkg_file);
	process->ddp_pkg_file = NULL;
}
