/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include <aether_model.h>

#include "options.h"

#define DEFAULT_PREFIX	"aether-model"

struct complaint {
	char *text;
	size_t size;
};

struct option_spec {
	const char *name;
	const char *arg;		/* NULL: takes no value */
	int (*parse)(const char *value, struct options *opt, struct complaint *err);
	const char *help;
};

static int __rte_format_printf(2, 3)
complain(struct complaint *err, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(err->text, err->size, format, ap);
	va_end(ap);
	return -EINVAL;
}

static int
parse_device(const char *value, struct options *opt, struct complaint *err)
{
	struct device_args *args = &opt->devices[opt->n_devices];
	unsigned int i;
	int ret;

	if (opt->n_devices == OPTIONS_MAX_DEVICES)
		return complain(err, "found more than %u --device, wanted no more in one process; "
				"start another", OPTIONS_MAX_DEVICES);
	ret = device_args_parse(value, args, err->text, err->size);
	if (ret != 0)
		return ret;
	opt->n_devices++;
	for (i = 0; i + 1 < opt->n_devices; i++)
		if (strcmp(opt->devices[i].socket, args->socket) == 0)
			return complain(err, "--device %s: found socket '%s', wanted another than "
					"that of %s", args->name, args->socket,
					opt->devices[i].name);
	return 0;
}

static int
parse_cpu(const char *value, struct options *opt, struct complaint *err)
{
	size_t digits = strspn(value, "0123456789");

	/* Whether this machine has it, the service thread finds out. */
	if (digits == 0 || digits > 6 || value[digits] != '\0')
		return complain(err, "--cpu: found '%s', wanted the number of a CPU of this "
				"machine", value);
	opt->cpu = atoi(value);
	return 0;
}

/** EAL only notes a level that it does not know. It takes a number or how a name begins. */
static bool
is_log_level(const char *level)
{
	static const char *const names[] = {
		"emergency", "alert", "critical", "error", "warning", "notice", "info", "debug",
	};
	unsigned int i;

	if (level[0] >= '1' && level[0] <= '8' && level[1] == '\0')
		return true;
	for (i = 0; i < RTE_DIM(names) && *level != '\0'; i++)
		if (strncmp(names[i], level, strlen(level)) == 0)
			return true;
	return false;
}

static int
parse_log_level(const char *value, struct options *opt, struct complaint *err)
{
	const char *type_end = strpbrk(value, ":,");

	if (type_end == value || !is_log_level(type_end != NULL ? type_end + 1 : value))
		return complain(err, "--log-level: found '%s', wanted [type:]level, with a level "
				"of emergency, alert, critical, error, warning, notice, info, "
				"debug or 1 to 8", value);
	if (opt->n_log_levels == OPTIONS_MAX_LOG_LEVELS)
		return complain(err, "found more than %u --log-level, wanted no more",
				OPTIONS_MAX_LOG_LEVELS);
	opt->log_levels[opt->n_log_levels++] = value;
	return 0;
}

static int
parse_file_prefix(const char *value, struct options *opt, struct complaint *err)
{
	if (*value == '\0' || strchr(value, '/') != NULL || strchr(value, '%') != NULL)
		return complain(err, "--file-prefix: found '%s', wanted a file name without / "
				"and %%", value);
	opt->file_prefix = value;
	return 0;
}

static int
parse_help(const char *value, struct options *opt, struct complaint *err)
{
	RTE_SET_USED(value);
	RTE_SET_USED(err);
	opt->help = true;
	return 0;
}

static int
parse_version(const char *value, struct options *opt, struct complaint *err)
{
	RTE_SET_USED(value);
	RTE_SET_USED(err);
	opt->version = true;
	return 0;
}

static const struct option_spec specs[] = {
	{ "device", "name=<name>,socket=<path>[,key=value...]", parse_device,
	  "a device, or function of one, and the socket to serve it on; repeated for each.\n"
	  "Keys are those of net_aether's devargs; defaults are in brackets:" },
	{ "cpu", "N", parse_cpu, "where the thread runs that does the devices' work [chosen]" },
	{ "log-level", "[TYPE:]LEVEL", parse_log_level,
	  "as EAL's; types are lib.aether_model, lib.aether_vfio_user. Repeated" },
	{ "file-prefix", "NAME", parse_file_prefix,
	  "EAL's, for dpdk-telemetry.py -f NAME; one each of several processes\n[" DEFAULT_PREFIX
	  "]" },
	{ "help", NULL, parse_help, "this text" },
	{ "version", NULL, parse_version, "print the version" },
};

static int
parse_all(int argc, char **argv, const struct option *table, struct options *opt,
	  struct complaint *err)
{
	int index, ret, c;

	/* 0 makes glibc forget an earlier scan; the leading ':' separates a missing value. */
	optind = 0;
	opterr = 0;
	while ((c = getopt_long(argc, argv, ":", table, &index)) != -1) {
		if (c == ':')
			return complain(err, "found %s without a value, wanted one after it; see "
					"--help", argv[optind - 1]);
		if (c != 0)
			return complain(err, "found '%s', wanted an option of aether-model; see "
					"--help", argv[optind - 1]);
		ret = specs[index].parse(optarg, opt, err);
		if (ret != 0)
			return ret;
	}
	if (optind < argc)
		return complain(err, "found '%s', wanted only options, which begin with --; see "
				"--help", argv[optind]);
	if (!opt->help && !opt->version && opt->n_devices == 0)
		return complain(err, "found no --device, wanted at least one, as --device "
				"name=p0,socket=/tmp/p0.sock; see --help");
	return 0;
}

int
options_parse(int argc, char **argv, struct options *opt, char *err, size_t errlen)
{
	struct option table[RTE_DIM(specs) + 1] = { 0 };
	struct complaint complaint = { err, errlen };
	unsigned int i;
	int ret;

	for (i = 0; i < RTE_DIM(specs); i++) {
		table[i].name = specs[i].name;
		table[i].has_arg = specs[i].arg != NULL ? required_argument : no_argument;
	}
	memset(opt, 0, sizeof(*opt));
	opt->cpu = -1;
	opt->file_prefix = DEFAULT_PREFIX;
	ret = parse_all(argc, argv, table, opt, &complaint);
	if (ret != 0)
		options_free(opt);
	return ret;
}

void
options_free(struct options *opt)
{
	while (opt->n_devices != 0)
		device_args_free(&opt->devices[--opt->n_devices]);
}

static void
print_indented(FILE *out, const char *text)
{
	int length;

	for (; *text != '\0'; text += length + (text[length] != '\0')) {
		length = strcspn(text, "\n");
		fprintf(out, "      %.*s\n", length, text);
	}
}

void
options_usage(FILE *out)
{
	unsigned int i;

	fprintf(out, "Usage: aether-model --device name=<name>,socket=<path>[,key=value...] ...\n\n"
		"Serves Intel E810 devices, in software, to QEMU and other vfio-user clients.\n\n");
	for (i = 0; i < RTE_DIM(specs); i++) {
		fprintf(out, "  --%s%s%s\n", specs[i].name, specs[i].arg != NULL ? " " : "",
			specs[i].arg != NULL ? specs[i].arg : "");
		print_indented(out, specs[i].help);
		if (specs[i].parse == parse_device)
			device_args_usage(out);
	}
	fprintf(out, "\n%s\n"
		"Telemetry, by dpdk-telemetry.py -f <file-prefix>:\n"
		"  /aether/model/list                  the devices\n"
		"  /aether/model/stats,<name>          what device and wire have counted\n"
		"  /aether/model/port,<name>           the port as its firmware sees it\n"
		"  /aether/model/link,<name>,up|down   plug the cable in, or pull it\n\n"
		"Two devices and a cable, of which a virtual machine gets the first:\n"
		"  aether-model --device name=p0,socket=/tmp/p0.sock,wire=cable:blue \\\n"
		"               --device name=p1,socket=/tmp/p1.sock,wire=cable:blue\n"
		"  qemu-system-x86_64 ... -object memory-backend-memfd,id=mem,size=2G,share=on \\\n"
		"    -machine q35,memory-backend=mem -device '{\"driver\":\"vfio-user-pci\",\n"
		"    \"socket\":{\"path\":\"/tmp/p0.sock\",\"type\":\"unix\"}}'\n\n"
		"SIGINT and SIGTERM end it: clients are disconnected, captures are complete, and\n"
		"each device's counters are printed. Exit code: 0 it ended so; 1 it could not\n"
		"start or go on; 2 bad options.\n", aether_model_wire_help());
}
