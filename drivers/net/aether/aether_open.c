/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* The choice of the door: devargs to what a bus takes. */

#include <errno.h>

#include "aether_devargs.h"
#include "aether_ethdev.h"
#include "aether_open.h"

static int
open_model(const char *name, const struct aether_devargs *args, struct aether_bus **bus)
{
	const struct aether_bus_model_conf conf = {
		.name = name,
		.wire = args->wire,
		.pcap = args->pcap,
		.fault = args->fault,
		.speed_mbps = args->speed_mbps,
		.device_id = args->device_id,
		.media = args->media,
		.fec = args->fec,
		.cpu = args->cpu,
		.mac = args->mac_given ? args->mac.addr_bytes : NULL,
		.card = args->card,
		.pf = args->pf,
		.ddp_preloaded = !args->ddp_none,
	};

	return aether_bus_model_open(&conf, bus);
}

static struct aether_bus_vfio_conf
vfio_conf(const char *name, const struct aether_devargs *args)
{
	return (struct aether_bus_vfio_conf){
		.name = name,
		.bdf = args->bdf,
		.noiommu = args->noiommu,
		.known = aether_pci_known,
	};
}

static int
open_vfio(const char *name, const struct aether_devargs *args, struct aether_bus **bus)
{
	const struct aether_bus_vfio_conf conf = vfio_conf(name, args);

	return aether_bus_vfio_open(&conf, bus);
}

static int
open_vfio_user(const char *name, const struct aether_devargs *args, struct aether_bus **bus)
{
	const struct aether_bus_vfio_user_conf conf = {
		.name = name,
		.socket = args->vfio_user,
	};

	return aether_bus_vfio_user_open(&conf, bus);
}

int
aether_open(const char *name, const struct aether_devargs *args, struct aether_bus **bus)
{
	if (args->bdf != NULL)
		return open_vfio(name, args, bus);
	if (args->vfio_user != NULL)
		return open_vfio_user(name, args, bus);
	return open_model(name, args, bus);
}

void
aether_open_explain_unbound(const char *name, const struct aether_devargs *args)
{
	const struct aether_bus_vfio_conf conf = vfio_conf(name, args);

	aether_bus_vfio_explain_unbound(&conf);
}

int
aether_open_numa_node(const struct aether_devargs *args)
{
	return args->bdf != NULL ? aether_bus_vfio_numa_node(args->bdf) : -1;
}
