/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Records of what a host used. The process keeps one file for all of its devices, so each test
 * looks for something that no other one does.
 */

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl_host.h"
#include "model_coverage.h"

static char folder[] = "/tmp/aether-coverage-XXXXXX";
static char record[1 << 18];

/** The only file of the folder, into `record`. */
static void
read_record(void)
{
	char path[512] = "";
	struct dirent *entry;
	DIR *dir = opendir(folder);
	FILE *file;
	size_t n;

	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		assert_string_equal(path, "");
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
	}
	closedir(dir);
	file = fopen(path, "r");
	assert_non_null(file);
	n = fread(record, 1, sizeof(record) - 1, file);
	assert_true(feof(file));
	record[n] = '\0';
	fclose(file);
}

/** Whether the block at `first` was "read" or "written". */
static bool
is_used(uint32_t first, const char *how)
{
	char start[64], wanted[32];
	char *at, *end;
	bool used;

	snprintf(start, sizeof(start), "{\"first\": %u,", first);
	snprintf(wanted, sizeof(wanted), "\"%s\": true", how);
	at = strstr(record, start);
	assert_non_null(at);
	end = strchr(at, '}');
	*end = '\0';
	used = strstr(at, wanted) != NULL;
	*end = '}';
	return used;
}

static bool
is_answered(const char *queue, unsigned int opcode, unsigned int rc, const char *count)
{
	char wanted[128];

	snprintf(wanted, sizeof(wanted), "{\"queue\": \"%s\", \"opcode\": %u, \"rc\": %u, "
		 "\"count\": %s", queue, opcode, rc, count);
	return strstr(record, wanted) != NULL;
}

static void
test_blocks_are_sorted(void **state)
{
	const struct { const struct model_block *block; unsigned int n; uint32_t end; } maps[] = {
		{ model_blocks, model_n_blocks, E810_BAR0_SIZE },
		{ model_config_blocks, model_n_config_blocks, 4096 },
	};
	const struct model_block *block;
	unsigned int m, i;

	(void)state;
	for (m = 0; m < RTE_DIM(maps); m++) {
		uint32_t end = 0;

		for (i = 0; i < maps[m].n; i++) {
			block = &maps[m].block[i];
			assert_true(block->first >= end && block->end > block->first);
			assert_true(block->first % 4 == 0 && block->end % 4 == 0);
			assert_null(strchr(block->name, '"'));
			end = block->end;
		}
		assert_true(end <= maps[m].end);
	}
}

static void
test_call_mode(void **state)
{
	struct e810_aqc_req_res bad = { .res_id = 99 };
	struct host host;
	uint16_t id;

	(void)state;
	host_open(&host, NULL);
	host_aq_start(&host);
	assert_int_equal(host_aq(&host, E810_AQC_GET_VER, NULL, NULL, 0, false), 0);
	assert_int_equal(host_aq(&host, E810_AQC_GET_VER, NULL, NULL, 0, false), 0);
	assert_int_equal(host_aq(&host, E810_AQC_REQ_RES, &bad, NULL, 0, false),
			 E810_AQ_RC_EINVAL);
	assert_int_equal(host_aq(&host, 0xABCD, NULL, NULL, 0, false), E810_AQ_RC_ENOSYS);
	host_read(&host, GL_MNG_FWSM);
	host_write(&host, GLINT_CTL, 0);
	host_write(&host, 0x01000004, 1);
	/* A doorbell is memory; a reset clears it. */
	*(uint32_t *)((uint8_t *)aether_model_bar0(host.model) + QRX_TAIL(3)) = 8;
	aether_model_flr(host.model);
	assert_int_equal(aether_model_config_read(host.model, &id, 2, 2), 2);
	assert_int_equal(aether_model_config_write(host.model, &id, 2, 0x72), 2);
	assert_int_equal(aether_model_config_write(host.model, &id, 2, 4095), -EINVAL);
	host_close(&host);

	read_record();
	assert_non_null(strstr(record, "{\"witness\": \"a_b_c\", \"program\": \"test-"));
	assert_true(is_answered("command", E810_AQC_GET_VER, 0, "2}"));
	assert_true(is_answered("command", E810_AQC_REQ_RES, E810_AQ_RC_EINVAL, "1}"));
	assert_false(is_answered("command", E810_AQC_REQ_RES, 0, ""));
	assert_true(is_answered("command", 0x10000, E810_AQ_RC_ENOSYS, "1}"));
	assert_true(is_used(GL_MNG_FWSM, "read") && !is_used(GL_MNG_FWSM, "written"));
	assert_true(!is_used(GLINT_CTL, "read") && is_used(GLINT_CTL, "written"));
	assert_true(is_used(PF_FW_ATQBAL, "read") && is_used(PF_FW_ATQBAL, "written"));
	assert_true(is_used(0x01000000, "written") && !is_used(0x01000000, "read"));
	assert_true(is_used(QRX_TAIL(0), "written"));
	assert_false(is_used(QTX_COMM_DBELL(0), "written"));
	assert_true(is_used(0x000, "read") && !is_used(0x000, "written"));
	assert_true(is_used(0x070, "written") && !is_used(0x0A0, "written"));
}

static void
test_events(void **state)
{
	struct e810_aqc_get_link_status lse = { .cmd_flags = E810_LSE_ENA };
	struct host host;

	(void)state;
	host_open(&host, NULL);
	host_aq_start(&host);
	assert_int_equal(host_aq(&host, E810_AQC_GET_LINK_STATUS, &lse,
				 (uint8_t[E810_AQ_LARGE_BUF]){ 0 }, 32, false), 0);
	aether_model_link_set(host.model, false);
	aether_model_step(host.model, 1);
	host_close(&host);
	read_record();
	assert_true(is_answered("event", E810_AQC_GET_LINK_STATUS, 0, "1}"));
}

/** What a test made a device say is not what it says. */
static void
test_injected_faults_do_not_count(void **state)
{
	const struct aether_model_conf conf = { .name = "faulty", .fault = "aq:0x0400:5" };
	struct host host;

	(void)state;
	host_open(&host, &conf);
	host_aq_start(&host);
	assert_int_equal(host_aq(&host, E810_AQC_GET_DFLT_TOPO, NULL, NULL, 0, false), 5);
	host_close(&host);
	read_record();
	assert_false(is_answered("command", E810_AQC_GET_DFLT_TOPO, 5, ""));
}

/** Stores to memory: found in what they left, also where the device does nothing with them. */
static void
test_memory_mode(void **state)
{
	const struct aether_model_conf conf = {
		.name = "memory", .bar_mode = AETHER_MODEL_BAR_MEMORY,
	};
	struct host host;
	uint8_t *bar;
	uint32_t id;

	(void)state;
	host_open(&host, &conf);
	bar = aether_model_bar0(host.model);
	*(volatile uint32_t *)(bar + QINT_RQCTL(1)) = 7;
	*(volatile uint32_t *)(bar + GLSWID_RUPP(0)) = 7;
	*(volatile uint32_t *)(bar + GLINT_DYN_CTL(1)) = GLINT_DYN_CTL_INTENA;
	/* The device counts there. */
	*(volatile uint32_t *)(bar + GLPRT_GORCL(0)) = 7;
	/* Reads are not seen, and the bench's own are not the host's. */
	id = *(volatile uint32_t *)(bar + PF_FUNC_RID);
	aether_model_config_read(host.model, &id, 4, 0x148);
	aether_model_step(host.model, 1);
	host_close(&host);
	read_record();
	assert_true(is_used(QINT_RQCTL(0), "written") && is_used(GLSWID_RUPP(0), "written"));
	assert_true(is_used(GLINT_DYN_CTL(0), "written"));
	assert_false(is_used(GLPRT_GORCL(0), "written"));
	assert_false(is_used(PF_FUNC_RID, "read"));
	assert_false(is_used(0x148, "read"));
	assert_false(is_used(QINT_TQCTL(0), "written"));
}

static void
test_nothing_is_kept_unasked(void **state)
{
	struct host host;

	(void)state;
	unsetenv("AETHER_MODEL_COVERAGE");
	host_open(&host, NULL);
	host_read(&host, GLNVM_FLA);
	host_close(&host);
	setenv("AETHER_MODEL_COVERAGE", folder, 1);
	read_record();
	assert_false(is_used(GLNVM_GENS, "read"));
}

/** After the library's own, which writes once more. */
RTE_FINI_PRIO(remove_folder, LOG)
{
	char path[512];
	struct dirent *entry;
	DIR *dir = opendir(folder);

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (entry->d_name[0] != '.')
			unlink(path);
	}
	if (dir != NULL)
		closedir(dir);
	rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blocks_are_sorted),
		cmocka_unit_test(test_call_mode),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_injected_faults_do_not_count),
		cmocka_unit_test(test_memory_mode),
		cmocka_unit_test(test_nothing_is_kept_unasked),
	};

	if (mkdtemp(folder) == NULL)
		return 1;
	setenv("AETHER_MODEL_COVERAGE", folder, 1);
	setenv("AETHER_MODEL_WITNESS", "a/b\"c", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
