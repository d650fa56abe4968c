/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * One device of the VFIO shim. Its file is a sparse memfd with region i at i << 40: BAR 0 is the
 * model's register memory itself, region 7 a copy of configuration space. The program maps, reads
 * and writes it like any file; what it wrote to configuration space is found by comparing.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_errno.h>

#include "e810_hw.h"
#include "shim.h"

#define STEP_BUDGET	32
#define STILL_US	2000

struct shim_device shim_devices[SHIM_MAX_DEVICES];
unsigned int shim_n_devices;

/* ------------------------------------------------------------------ configuration ---------- */

static int
parse_mac(const char *value, uint8_t mac[6])
{
	unsigned int octet, i;
	int used;

	for (i = 0; i < 6; i++) {
		if (sscanf(value, i < 5 ? "%2x:%n" : "%2x%n", &octet, &used) != 1)
			return -EINVAL;
		mac[i] = octet;
		value += used;
	}
	return *value == '\0' ? 0 : -EINVAL;
}

static int
parse_number(const char *value, int base, unsigned long max, unsigned long *number)
{
	char *end;

	errno = 0;
	*number = strtoul(value, &end, base);
	return errno == 0 && end != value && *end == '\0' && *number <= max ? 0 : -EINVAL;
}

static int
parse_key(struct shim_device *device, const char *key, const char *value)
{
	unsigned long number = 0;
	int ret = 0;

	if (strcmp(key, "group") == 0) {
		ret = parse_number(value, 10, INT32_MAX, &number);
		device->group = number;
	} else if (strcmp(key, "name") == 0) {
		device->conf.name = value;
	} else if (strcmp(key, "wire") == 0) {
		device->conf.wire = value;
	} else if (strcmp(key, "cable") == 0) {
		ret = strcmp(value, "up") == 0 || strcmp(value, "down") == 0 ? 0 : -EINVAL;
		device->unplugged = strcmp(value, "down") == 0;
	} else if (strcmp(key, "fault") == 0) {
		device->conf.fault = value;
	} else if (strcmp(key, "media") == 0) {
		device->conf.media = value;
	} else if (strcmp(key, "fec") == 0) {
		device->conf.fec = value;
	} else if (strcmp(key, "ddp") == 0) {
		ret = strcmp(value, "none") == 0 || strcmp(value, "preloaded") == 0 ? 0 : -EINVAL;
		if (strcmp(value, "preloaded") == 0)
			device->conf.ddp = AETHER_MODEL_DDP_PRELOADED;
	} else if (strcmp(key, "card") == 0) {
		device->conf.card = value;
	} else if (strcmp(key, "pf") == 0) {
		ret = parse_number(value, 10, E810_MAX_FUNCTIONS - 1, &number);
		device->conf.pf_id = number;
	} else if (strcmp(key, "mac") == 0) {
		ret = parse_mac(value, device->conf.mac);
	} else if (strcmp(key, "device") == 0) {
		ret = parse_number(value, 16, UINT16_MAX, &number);
		device->conf.device_id = number;
	} else if (strcmp(key, "bar0") == 0) {
		ret = parse_number(value, 10, E810_BAR0_SIZE, &number);
		device->bar0_size = number;
	} else if (strcmp(key, "speed") == 0) {
		ret = parse_number(value, 10, UINT32_MAX, &number);
		device->conf.speed_mbps = number;
	} else {
		ret = -EINVAL;
	}
	if (ret < 0)
		shim_log("AETHER_VFIO_DEVICES: %s: bad %s=%s; tests/peers/shim.h lists the keys",
			 device->bdf, key, value);
	return ret;
}

static int
parse_device(struct shim_device *device, char *record)
{
	char *save = NULL, *word = strtok_r(record, " \n", &save), *value;

	if (word == NULL || strlen(word) >= sizeof(device->bdf)) {
		shim_log("AETHER_VFIO_DEVICES: a device starts with its PCI address");
		return -EINVAL;
	}
	strcpy(device->bdf, word);
	device->conf.name = word;
	device->conf.bar_mode = AETHER_MODEL_BAR_MEMORY;
	device->group = -1;
	device->memfd = -1;
	device->request_fd = -1;
	device->bar0_size = E810_BAR0_SIZE;
	while ((word = strtok_r(NULL, " \n", &save)) != NULL) {
		value = strchr(word, '=');
		if (value != NULL)
			*value++ = '\0';
		if (parse_key(device, word, value != NULL ? value : "") < 0)
			return -EINVAL;
	}
	if (device->group < 0) {
		shim_log("AETHER_VFIO_DEVICES: %s has no group=", device->bdf);
		return -EINVAL;
	}
	return 0;
}

int
shim_conf_parse(const char *spec)
{
	char *copy = strdup(spec), *save = NULL, *record;

	if (copy == NULL)
		return -ENOMEM;
	for (record = strtok_r(copy, ";", &save); record != NULL;
	     record = strtok_r(NULL, ";", &save)) {
		if (shim_n_devices == SHIM_MAX_DEVICES) {
			shim_log("AETHER_VFIO_DEVICES: more than %u devices", SHIM_MAX_DEVICES);
			return -EINVAL;
		}
		if (parse_device(&shim_devices[shim_n_devices], record) < 0)
			return -EINVAL;
		shim_n_devices++;
	}
	/* The copy lives as long as the process: configurations point into it. */
	return 0;
}

struct shim_device *
shim_device_by_file(dev_t st_dev, ino_t st_ino)
{
	struct stat st;
	unsigned int i;

	for (i = 0; i < shim_n_devices; i++)
		if (shim_devices[i].model != NULL && fstat(shim_devices[i].memfd, &st) == 0 &&
		    st.st_dev == st_dev && st.st_ino == st_ino)
			return &shim_devices[i];
	return NULL;
}

/* ------------------------------------------------------------------ configuration space ---- */

/** Show the program this dword, unless it has just written there again. */
static void
config_show(struct shim_device *device, unsigned int i)
{
	uint32_t value;

	if (aether_model_config_read(device->model, &value, sizeof(value), 4 * i) < 0)
		return;
	if (__atomic_compare_exchange_n(&device->config[i], &device->config_seen[i], value, false,
					__ATOMIC_RELAXED, __ATOMIC_RELAXED))
		device->config_seen[i] = value;
}

void
shim_device_config_sync(struct shim_device *device)
{
	uint32_t value;
	unsigned int i;

	for (i = 0; i < SHIM_CONFIG_SIZE / sizeof(uint32_t); i++) {
		value = __atomic_load_n(&device->config[i], __ATOMIC_RELAXED);
		if (value == device->config_seen[i])
			continue;
		aether_model_config_write(device->model, &value, sizeof(value), 4 * i);
		device->config_seen[i] = value;
		config_show(device, i);
	}
}

/** Set or clear MSI-X enable, which the kernel does on the program's behalf. */
static void
msix_enable(struct shim_device *device, bool enable)
{
	uint8_t *seen = (uint8_t *)device->config_seen;
	unsigned int offset = seen[PCI_CAPABILITY_LIST], hops;
	uint16_t control;

	for (hops = 0; offset >= PCI_STD_HEADER_SIZEOF && hops < 48; hops++) {
		offset &= ~3u;
		if (seen[offset] == PCI_CAP_ID_MSIX) {
			memcpy(&control, seen + offset + PCI_MSIX_FLAGS, sizeof(control));
			control &= ~PCI_MSIX_FLAGS_ENABLE;
			if (enable)
				control |= PCI_MSIX_FLAGS_ENABLE;
			aether_model_config_write(device->model, &control, sizeof(control),
						  offset + PCI_MSIX_FLAGS);
			config_show(device, offset / sizeof(uint32_t));
			return;
		}
		offset = seen[offset + 1];
	}
}

/** Reset the function and put back what the kernel saves over a reset: the standard header. */
static void
function_reset(struct shim_device *device)
{
	unsigned int i;

	shim_device_config_sync(device);
	aether_model_flr(device->model);
	for (i = PCI_COMMAND / 4; i < PCI_STD_HEADER_SIZEOF / 4; i++)
		aether_model_config_write(device->model, &device->config_seen[i], sizeof(uint32_t),
					  4 * i);
	for (i = 0; i < SHIM_CONFIG_SIZE / sizeof(uint32_t); i++)
		config_show(device, i);
}

/* ------------------------------------------------------------------ open and close --------- */

/*
 * A host that waits for hardware does so while the hardware works. Here the CPU of the model's
 * thread may be away for seconds while the host's goes on. So where the device's clock has stood
 * still for STILL_US, a delay is not over before the model has made a step, in the name of its
 * thread. While that thread runs it is left alone: who waits for its lock may be what holds it up.
 */
static void
step_if_still(struct shim_device *device)
{
	const uint8_t *bar0 = aether_model_bar0(device->model);
	uint32_t beat = __atomic_load_n((const uint32_t *)(const void *)(bar0 + GLTSYN_TIME_L(0)),
					__ATOMIC_RELAXED);
	const uint64_t now = rte_rdtsc();

	if (beat != device->beat || device->beat_tsc == 0) {
		device->beat = beat;
		device->beat_tsc = now;
	} else if (now - device->beat_tsc > rte_get_tsc_hz() / US_PER_S * STILL_US) {
		aether_model_step(device->model, STEP_BUDGET);
	}
}

static void
step_models(void)
{
	unsigned int i;

	/* Somebody who changes devices is with them: that is as good as a step. */
	if (pthread_mutex_trylock(&shim_lock) != 0)
		return;
	for (i = 0; i < shim_n_devices; i++)
		if (shim_devices[i].model != NULL)
			step_if_still(&shim_devices[i]);
	pthread_mutex_unlock(&shim_lock);
}

/** What net_ice waits with. */
static void
delay_us(unsigned int us)
{
	rte_delay_us_block(us);
	step_models();
}

/** What net_aether waits with: EAL's is found behind this one. */
void
rte_delay_us_sleep(unsigned int us)
{
	const struct timespec time = {
		.tv_sec = us / US_PER_S, .tv_nsec = us % US_PER_S * (long)(NS_PER_S / US_PER_S),
	};

	nanosleep(&time, NULL);
	step_models();
}

static int
make_file(struct shim_device *device)
{
	device->memfd = memfd_create(device->bdf, MFD_CLOEXEC);
	if (device->memfd < 0)
		return -errno;
	if (ftruncate(device->memfd, SHIM_REGION_OFFSET(VFIO_PCI_NUM_REGIONS)) < 0)
		return -errno;
	device->config = mmap(NULL, SHIM_CONFIG_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
			      device->memfd, SHIM_REGION_OFFSET(VFIO_PCI_CONFIG_REGION_INDEX));
	if (device->config == MAP_FAILED) {
		device->config = NULL;
		return -errno;
	}
	return 0;
}

void
shim_device_power_off(struct shim_device *device)
{
	if (device->model != NULL)
		aether_model_service_remove(device->model);
	aether_model_destroy(device->model);
	device->model = NULL;
	free(device->irq_fd);
	device->irq_fd = NULL;
	if (device->config != NULL)
		munmap(device->config, SHIM_CONFIG_SIZE);
	device->config = NULL;
	if (device->memfd >= 0)
		close(device->memfd);
	device->memfd = -1;
}

static int
power_on(struct shim_device *device, const struct shim_map *maps, unsigned int n_maps)
{
	const char *cpu = getenv("AETHER_VFIO_CPU");
	unsigned int i, n_irqs;
	int ret;

	ret = make_file(device);
	if (ret < 0)
		return ret;
	device->conf.bar0_fd = device->memfd;
	device->conf.bar0_offset = SHIM_REGION_OFFSET(VFIO_PCI_BAR0_REGION_INDEX);
	device->model = aether_model_create(&device->conf);
	if (device->model == NULL)
		return -rte_errno;
	if (device->unplugged)
		aether_model_link_set(device->model, false);
	n_irqs = aether_model_irq_count(device->model);
	device->irq_fd = malloc(n_irqs * sizeof(int));
	if (device->irq_fd == NULL)
		return -ENOMEM;
	for (i = 0; i < n_irqs; i++)
		device->irq_fd[i] = -1;
	for (i = 0; i < SHIM_CONFIG_SIZE / sizeof(uint32_t); i++)
		config_show(device, i);
	for (i = 0; i < n_maps; i++) {
		ret = aether_model_dma_map(device->model, maps[i].iova, maps[i].size, maps[i].va,
					   maps[i].writable);
		if (ret < 0)
			return ret;
	}
	ret = shim_control_start();
	if (ret < 0)
		return ret;
	rte_delay_us_callback_register(delay_us);
	if (cpu != NULL && strcmp(cpu, "none") == 0)
		return 0;
	ret = aether_model_service_add(device->model, cpu != NULL ? atoi(cpu) : -1, NULL, 0);
	return ret;
}

int
shim_device_open(struct shim_device *device, const struct shim_map *maps, unsigned int n_maps)
{
	int fd, ret;

	if (device->model == NULL) {
		ret = power_on(device, maps, n_maps);
		if (ret < 0) {
			shim_log("%s: cannot power the model on: %s", device->bdf, strerror(-ret));
			shim_device_power_off(device);
			return ret;
		}
	}
	fd = fcntl(device->memfd, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	device->open_count++;
	return fd;
}

static void
irq_unbind(struct shim_device *device, unsigned int vector)
{
	if (device->irq_fd[vector] < 0)
		return;
	aether_model_irq_bind(device->model, vector, -1);
	close(device->irq_fd[vector]);
	device->irq_fd[vector] = -1;
}

void
shim_device_closed(struct shim_device *device)
{
	unsigned int i;

	if (--device->open_count > 0)
		return;
	for (i = 0; i < aether_model_irq_count(device->model); i++)
		irq_unbind(device, i);
	if (device->request_fd >= 0)
		close(device->request_fd);
	device->request_fd = -1;
	msix_enable(device, false);
	function_reset(device);
}

/* ------------------------------------------------------------------ ioctl ------------------ */

static int
get_info(struct vfio_device_info *arg)
{
	if (arg->argsz < SHIM_SIZE_UP_TO(struct vfio_device_info, num_irqs))
		return -EINVAL;
	arg->flags = VFIO_DEVICE_FLAGS_RESET | VFIO_DEVICE_FLAGS_PCI;
	arg->num_regions = VFIO_PCI_NUM_REGIONS;
	arg->num_irqs = VFIO_PCI_NUM_IRQS;
	return 0;
}

static int
get_region_info(const struct shim_device *device, struct vfio_region_info *arg)
{
	if (arg->argsz < SHIM_SIZE_UP_TO(struct vfio_region_info, offset))
		return -EINVAL;
	if (arg->index >= VFIO_PCI_NUM_REGIONS)
		return -EINVAL;
	arg->argsz = sizeof(*arg);
	arg->flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
	arg->cap_offset = 0;
	arg->offset = SHIM_REGION_OFFSET(arg->index);
	switch (arg->index) {
	case VFIO_PCI_BAR0_REGION_INDEX:
		arg->flags |= VFIO_REGION_INFO_FLAG_MMAP;
		arg->size = device->bar0_size;
		break;
	case VFIO_PCI_BAR3_REGION_INDEX:
		arg->size = E810_BAR3_SIZE;
		break;
	case VFIO_PCI_CONFIG_REGION_INDEX:
		arg->size = SHIM_CONFIG_SIZE;
		break;
	default:
		arg->flags = 0;
		arg->size = 0;
		break;
	}
	return 0;
}

static unsigned int
irq_count(const struct shim_device *device, uint32_t index)
{
	if (index == VFIO_PCI_MSIX_IRQ_INDEX)
		return aether_model_irq_count(device->model);
	/* The kernel asks for the device back through this one; so may a test. */
	return index == VFIO_PCI_REQ_IRQ_INDEX;
}

static int
get_irq_info(const struct shim_device *device, struct vfio_irq_info *arg)
{
	if (arg->argsz < SHIM_SIZE_UP_TO(struct vfio_irq_info, count) ||
	    arg->index >= VFIO_PCI_NUM_IRQS)
		return -EINVAL;
	arg->count = irq_count(device, arg->index);
	arg->flags = arg->count > 0 ? VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_NORESIZE : 0;
	return 0;
}

static int
irq_bind(struct shim_device *device, unsigned int vector, int eventfd)
{
	int ret, copy = -1;

	if (eventfd >= 0) {
		copy = fcntl(eventfd, F_DUPFD_CLOEXEC, 0);
		if (copy < 0)
			return -EBADF;
	}
	irq_unbind(device, vector);
	ret = aether_model_irq_bind(device->model, vector, copy);
	if (ret < 0) {
		close(copy);
		return ret;
	}
	device->irq_fd[vector] = copy;
	return 0;
}

static void
request_bind(struct shim_device *device, const struct vfio_irq_set *arg)
{
	int32_t fd = -1;

	if ((arg->flags & VFIO_IRQ_SET_DATA_EVENTFD) != 0)
		memcpy(&fd, arg->data, sizeof(fd));
	if (device->request_fd >= 0)
		close(device->request_fd);
	device->request_fd = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

int
shim_device_request(struct shim_device *device)
{
	if (device->request_fd < 0)
		return -ENOENT;
	return eventfd_write(device->request_fd, 1) < 0 ? -errno : 0;
}

/** Everything that the kernel checks before it looks at the data. */
static int
check_set_irqs(const struct shim_device *device, const struct vfio_irq_set *arg)
{
	const uint32_t data = arg->flags & VFIO_IRQ_SET_DATA_TYPE_MASK;
	const uint32_t action = arg->flags & VFIO_IRQ_SET_ACTION_TYPE_MASK;
	const size_t header = SHIM_SIZE_UP_TO(struct vfio_irq_set, count);
	unsigned int count;
	size_t size;

	if (arg->argsz < header || arg->index >= VFIO_PCI_NUM_IRQS ||
	    (arg->flags & ~(VFIO_IRQ_SET_DATA_TYPE_MASK | VFIO_IRQ_SET_ACTION_TYPE_MASK)) != 0 ||
	    !rte_is_power_of_2(data) || !rte_is_power_of_2(action))
		return -EINVAL;
	count = irq_count(device, arg->index);
	if (arg->start >= count || arg->count > count - arg->start)
		return -EINVAL;
	size = data == VFIO_IRQ_SET_DATA_EVENTFD ? sizeof(int32_t) :
		data == VFIO_IRQ_SET_DATA_BOOL ? sizeof(uint8_t) : 0;
	if (arg->argsz - header < arg->count * size)
		return -EINVAL;
	if (size > 0 && arg->count == 0)
		return -EINVAL;
	return 0;
}

static int
set_irqs(struct shim_device *device, const struct vfio_irq_set *arg)
{
	unsigned int i;
	bool wanted;
	int32_t fd;
	int ret;

	ret = check_set_irqs(device, arg);
	if (ret < 0)
		return ret;
	if ((arg->flags & VFIO_IRQ_SET_ACTION_TRIGGER) == 0)
		return -ENOTTY;
	if (arg->index == VFIO_PCI_REQ_IRQ_INDEX) {
		request_bind(device, arg);
		return 0;
	}
	if ((arg->flags & VFIO_IRQ_SET_DATA_EVENTFD) != 0) {
		for (i = 0; i < arg->count; i++) {
			memcpy(&fd, arg->data + i * sizeof(fd), sizeof(fd));
			ret = irq_bind(device, arg->start + i, fd);
			if (ret < 0)
				return ret;
		}
		msix_enable(device, true);
		return 0;
	}
	if (arg->count == 0) {
		for (i = 0; i < irq_count(device, arg->index); i++)
			irq_unbind(device, i);
		msix_enable(device, false);
		return 0;
	}
	for (i = 0; i < arg->count; i++) {
		wanted = (arg->flags & VFIO_IRQ_SET_DATA_NONE) != 0 || arg->data[i] != 0;
		if (wanted && device->irq_fd[arg->start + i] >= 0)
			eventfd_write(device->irq_fd[arg->start + i], 1);
	}
	return 0;
}

int
shim_device_ioctl(struct shim_device *device, unsigned long request, void *arg)
{
	shim_device_config_sync(device);
	if (request == VFIO_DEVICE_RESET) {
		function_reset(device);
		return 0;
	}
	if (arg == NULL)
		return -EFAULT;
	switch (request) {
	case VFIO_DEVICE_GET_INFO:
		return get_info(arg);
	case VFIO_DEVICE_GET_REGION_INFO:
		return get_region_info(device, arg);
	case VFIO_DEVICE_GET_IRQ_INFO:
		return get_irq_info(device, arg);
	case VFIO_DEVICE_SET_IRQS:
		return set_irqs(device, arg);
	}
	return -ENOTTY;
}
