/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Looking for the package where the kernel looks for firmware (Documentation/driver-api/firmware/
 * fw_search_path.rst), by the names that its ice driver uses. Whatever lies there may be wrong:
 * each file is judged, and if none will do, the user is told what was tried.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <rte_common.h>

#include "aether_ddp_file.h"
#include "aether_ethdev.h"

#define KERNEL_PATH_FILE	"/sys/module/firmware_class/parameters/path"
#define SUBFOLDER		"intel/ice/ddp"

static const char *const suffixes[] = { "", ".xz", ".zst" };

#define MAX_FOLDERS	5

struct folders {
	char path[MAX_FOLDERS][PATH_MAX];
	unsigned int n;
};

/** What was tried so far, one line each, for the message at the end. */
struct report {
	char *text;
	size_t len;
};

static const char *root = "";

void
aether_ddp_file_set_root(const char *path)
{
	root = path == NULL ? "" : path;
}

__rte_format_printf(2, 3)
static void
report_add(struct report *report, const char *format, ...)
{
	char line[PATH_MAX + 256];
	va_list args;
	size_t len;
	char *text;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	len = strlen(line);
	/* Without memory the message is shorter; the result is the same. */
	text = realloc(report->text, report->len + len + 1);
	if (text == NULL)
		return;
	memcpy(text + report->len, line, len + 1);
	report->text = text;
	report->len += len;
}

void
aether_ddp_file_free(struct aether_ddp_file *file)
{
	free(file->data);
	file->data = NULL;
	file->len = 0;
}

/** Read len bytes; a file that changes meanwhile is an error. */
static int
read_all(int fd, uint8_t *data, size_t len, char *why, size_t why_size)
{
	size_t at = 0;

	while (at < len) {
		ssize_t n = read(fd, data + at, len - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			int err = n < 0 ? errno : EIO;

			snprintf(why, why_size, "cannot be read: %s",
				 n < 0 ? strerror(err) : "it became shorter meanwhile");
			return -err;
		}
		at += n;
	}
	return 0;
}

static int
read_open(int fd, struct aether_ddp_file *file, char *why, size_t why_size)
{
	struct stat st;
	int ret;

	if (fstat(fd, &st) != 0) {
		ret = -errno;
		snprintf(why, why_size, "cannot be examined: %s", strerror(-ret));
		return ret;
	}
	if (!S_ISREG(st.st_mode)) {
		snprintf(why, why_size, "is %s, and no regular file",
			 S_ISDIR(st.st_mode) ? "a folder" : "a device, pipe or socket");
		return -EINVAL;
	}
	if (st.st_size == 0 || (uint64_t)st.st_size > AETHER_DDP_FILE_MAX) {
		snprintf(why, why_size, "has %lld bytes; a package has 1 to %u",
			 (long long)st.st_size, AETHER_DDP_FILE_MAX);
		return -EFBIG;
	}
	file->data = malloc(st.st_size);
	if (file->data == NULL) {
		snprintf(why, why_size, "no memory for its %lld bytes", (long long)st.st_size);
		return -ENOMEM;
	}
	file->len = st.st_size;
	ret = read_all(fd, file->data, file->len, why, why_size);
	if (ret == 0)
		ret = aether_ddp_unpack(file, why, why_size);
	if (ret != 0)
		aether_ddp_file_free(file);
	return ret;
}

/** Read and judge one file. @return 0, or an error, and why */
static int
try_file(const struct aether_ddp_search *search, const char *path, struct aether_ddp_file *file,
	 char *why, size_t why_size)
{
	/* O_NONBLOCK: a FIFO must not keep us. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int ret;

	file->data = NULL;
	if (fd < 0) {
		ret = -errno;
		snprintf(why, why_size, "%s", ret == -ENOENT ? "is not there" : strerror(-ret));
		return ret;
	}
	ret = read_open(fd, file, why, why_size);
	close(fd);
	if (ret != 0)
		return ret;
	ret = search->check(file->data, file->len, search->arg, why, why_size);
	if (ret != 0) {
		aether_ddp_file_free(file);
		return ret;
	}
	snprintf(file->path, sizeof(file->path), "%s", path);
	return 0;
}

/** One name with each suffix. @return whether one will do */
static bool
try_name(const struct aether_ddp_search *search, const char *folder, const char *name,
	 struct aether_ddp_file *file, struct report *report)
{
	char path[PATH_MAX], why[256];
	unsigned int i, missing = 0;

	for (i = 0; i < RTE_DIM(suffixes); i++) {
		int ret;

		if (snprintf(path, sizeof(path), "%s/" SUBFOLDER "/%s%s", folder, name,
			     suffixes[i]) >= (int)sizeof(path))
			continue;
		ret = try_file(search, path, file, why, sizeof(why));
		if (ret == 0)
			return true;
		if (ret == -ENOENT)
			missing++;
		else
			report_add(report, "\n  %s: %s", path, why);
	}
	if (missing > 0)
		report_add(report, "\n  %s/" SUBFOLDER "/%s%s: %s", folder, name,
			   missing == RTE_DIM(suffixes) ? " (also .xz, .zst)" : " (other suffixes)",
			   missing == RTE_DIM(suffixes) ? "is not there" : "are not there");
	return false;
}

static bool
try_name_in_all(const struct aether_ddp_search *search, const struct folders *folders,
		const char *name, struct aether_ddp_file *file, struct report *report)
{
	unsigned int i;

	for (i = 0; i < folders->n; i++)
		if (try_name(search, folders->path[i], name, file, report))
			return true;
	return false;
}

/** Whether a folder's entry is a package with its version in its name, as ice-1.3.30.0.pkg. */
static int
is_versioned(const struct dirent *entry)
{
	const char *name = entry->d_name;
	size_t digits;

	if (strncmp(name, "ice-", 4) != 0)
		return 0;
	name += 4;
	digits = strspn(name, "0123456789.");
	/* The dot before "pkg" is taken for one of the version's. */
	return digits >= 2 && name[digits - 1] == '.' && strchr(name, '.') < name + digits - 1 &&
		(strcmp(name + digits, "pkg") == 0 || strcmp(name + digits, "pkg.xz") == 0 ||
		 strcmp(name + digits, "pkg.zst") == 0);
}

/** The packages with a version in their name, the highest first. */
static bool
try_versions(const struct aether_ddp_search *search, const char *folder,
	     struct aether_ddp_file *file, struct report *report)
{
	char dir[PATH_MAX], path[PATH_MAX], why[256];
	struct dirent **entries;
	bool found = false;
	int n;

	if (snprintf(dir, sizeof(dir), "%s/" SUBFOLDER, folder) >= (int)sizeof(dir))
		return false;
	n = scandir(dir, &entries, is_versioned, versionsort);
	if (n < 0)
		return false;
	while (n-- > 0) {
		if (!found && snprintf(path, sizeof(path), "%s/%s", dir,
				       entries[n]->d_name) < (int)sizeof(path)) {
			found = try_file(search, path, file, why, sizeof(why)) == 0;
			if (!found)
				report_add(report, "\n  %s: %s", path, why);
		}
		free(entries[n]);
	}
	free(entries);
	return found;
}

__rte_format_printf(2, 3)
static void
folder_add(struct folders *folders, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(folders->path[folders->n], sizeof(folders->path[0]), format, args);
	va_end(args);
	if (len > 0 && len < (int)sizeof(folders->path[0]))
		folders->n++;
}

/** The folder that the kernel's command line or the administrator put before all others. */
static void
folder_add_configured(struct folders *folders)
{
	char file[PATH_MAX], line[PATH_MAX] = "";
	FILE *f;

	snprintf(file, sizeof(file), "%s" KERNEL_PATH_FILE, root);
	f = fopen(file, "re");
	if (f == NULL)
		return;
	if (fgets(line, sizeof(line), f) == NULL)
		line[0] = '\0';
	fclose(f);
	line[strcspn(line, "\n")] = '\0';
	if (line[0] == '/')
		folder_add(folders, "%s%s", root, line);
}

static void
folders_list(struct folders *folders)
{
	struct utsname uts;
	bool release = uname(&uts) == 0;

	folders->n = 0;
	folder_add_configured(folders);
	if (release)
		folder_add(folders, "%s/lib/firmware/updates/%s", root, uts.release);
	folder_add(folders, "%s/lib/firmware/updates", root);
	if (release)
		folder_add(folders, "%s/lib/firmware/%s", root, uts.release);
	folder_add(folders, "%s/lib/firmware", root);
}

static bool
search_folders(const struct aether_ddp_search *search, struct aether_ddp_file *file,
	       struct report *report)
{
	struct folders *folders = malloc(sizeof(*folders));
	char name[32];
	unsigned int i;
	bool found = false;

	if (folders == NULL)
		return false;
	folders_list(folders);
	if (search->serial != 0) {
		snprintf(name, sizeof(name), "ice-%016" PRIx64 ".pkg", search->serial);
		found = try_name_in_all(search, folders, name, file, report);
	}
	if (!found)
		found = try_name_in_all(search, folders, "ice.pkg", file, report);
	for (i = 0; i < folders->n && !found; i++)
		found = try_versions(search, folders->path[i], file, report);
	if (!found)
		report_add(report, "\n  ice-<version>.pkg in the same folders: no other than those "
			   "above");
	free(folders);
	return found;
}

static bool
search_by_name(const struct aether_ddp_search *search, struct aether_ddp_file *file,
	       struct report *report)
{
	char why[256];

	if (try_file(search, search->path, file, why, sizeof(why)) == 0)
		return true;
	report_add(report, "\n  %s: %s", search->path, why);
	return false;
}

int
aether_ddp_file_find(const struct aether_ddp_search *search, struct aether_ddp_file *file)
{
	struct report report = { 0 };
	bool found;

	memset(file, 0, sizeof(*file));
	found = search->path != NULL ? search_by_name(search, file, &report) :
		search_folders(search, file, &report);
	if (found && report.len > 0)
		AETHER_LOG(DEBUG, "%s: passed over on the way to %s:%s", search->port, file->path,
			   report.text);
	if (!found && search->path != NULL)
		AETHER_LOG(ERR, "%s: the DDP package given as ddp_pkg_file= cannot be used:%s\n"
			   "  Give the path of a package for the E810 (*.pkg, also compressed), or "
			   "leave ddp_pkg_file= out to have it searched for.", search->port,
			   report.text == NULL ? " no memory" : report.text);
	else if (!found)
		AETHER_LOG(ERR, "%s: the E810 needs a DDP package, and none was found. Tried:%s\n"
			   "  Install firmware-misc-nonfree (Debian: component non-free-firmware; "
			   "elsewhere linux-firmware), or give the devarg ddp_pkg_file=<path>, or "
			   "safe-mode=1 for one queue pair without RSS.", search->port,
			   report.text == NULL ? " no memory" : report.text);
	free(report.text);
	return found ? 0 : -ENOENT;
}
