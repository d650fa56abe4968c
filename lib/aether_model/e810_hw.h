/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef E810_HW_H
#define E810_HW_H

/**
 * @file
 * Hardware facts of the Intel Ethernet Controller E810: register offsets, admin queue commands,
 * descriptors and queue contexts.
 *
 * This header is the one thing that the driver's base code and the device model share; a fact
 * stands here once and nothing in here is code. Names are those of the datasheet (Intel 613875);
 * section numbers in comments are the datasheet's. All multi-byte fields that the device reads or
 * writes in memory are little endian.
 */

#include <stdint.h>

#include <rte_byteorder.h>
#include <rte_common.h>

#define E810_BIT(n)		(UINT32_C(1) << (n))
#define E810_BIT64(n)		(UINT64_C(1) << (n))
/** Mask of `width` bits that starts at bit `shift`. */
#define E810_MASK(width, shift)	(((UINT32_C(1) << (width)) - 1) << (shift))

/* ---------------------------------------------------------------- PCI (section 13.1) -------- */

#define E810_PCI_VENDOR_INTEL		0x8086
#define E810_DEV_ID_C_BACKPLANE		0x1591
#define E810_DEV_ID_C_QSFP		0x1592
#define E810_DEV_ID_C_SFP		0x1593
#define E810_DEV_ID_XXV_BACKPLANE	0x1599
#define E810_DEV_ID_XXV_QSFP		0x159A
#define E810_DEV_ID_XXV_SFP		0x159B

#define E810_BAR0_SIZE			(32u << 20)
#define E810_BAR3_SIZE			(64u << 10)	/* MSI-X table and pending bits */
#define E810_MAX_FUNCTIONS		8
#define E810_MAX_PORTS			8
#define E810_MAX_VSI			768
#define E810_MAX_RX_QUEUES		2048
#define E810_MAX_TX_QUEUES		16384
#define E810_MAX_MSIX			2048

/* ---------------------------------------------------------------- registers ----------------- */

/* Function and reset, sections 4.1 and 13.2. */
#define PF_FUNC_RID			0x0009E880
#define PF_FUNC_RID_FUNCTION_NUMBER_M	E810_MASK(3, 0)
#define PFGEN_CTRL			0x00091000
#define PFGEN_CTRL_PFSWR		E810_BIT(0)	/* self-clearing: PF reset done */
#define GLGEN_RSTCTL			0x000B8180
#define GLGEN_RSTCTL_GRSTDEL_M		E810_MASK(6, 0)	/* in 100 ms */
#define GLGEN_RSTAT			0x000B8188
#define GLGEN_RSTAT_DEVSTATE_M		E810_MASK(2, 0)	/* 0: active, else in reset */
#define GLGEN_RSTAT_RESET_TYPE_S	2		/* 0 POR, 1 CORER, 2 GLOBR, 3 EMPR */
#define GLGEN_RSTAT_RESET_TYPE_M	E810_MASK(2, 2)
#define GLGEN_RSTAT_CORERCNT_S		4
#define GLGEN_RSTAT_GLOBRCNT_S		6
#define GLGEN_RSTAT_EMPRCNT_S		8
#define GLGEN_RTRIG			0x000B8190
#define GLGEN_RTRIG_CORER		E810_BIT(0)
#define GLGEN_RTRIG_GLOBR		E810_BIT(1)
#define GLGEN_RTRIG_EMPFWR		E810_BIT(2)
#define GLNVM_ULD			0x000B6008
#define GLNVM_ULD_PCIER_DONE		E810_BIT(0)
#define GLNVM_ULD_PCIER_DONE_1		E810_BIT(1)
#define GLNVM_ULD_CORER_DONE		E810_BIT(3)
#define GLNVM_ULD_GLOBR_DONE		E810_BIT(4)
#define GLNVM_ULD_POR_DONE		E810_BIT(5)
#define GLNVM_ULD_POR_DONE_1		E810_BIT(8)
#define GLNVM_ULD_PCIER_DONE_2		E810_BIT(9)
#define GLNVM_ULD_PE_DONE		E810_BIT(10)
/** All auto-load steps that must be done before the device may be used. */
#define GLNVM_ULD_DONE_M		(GLNVM_ULD_PCIER_DONE | GLNVM_ULD_PCIER_DONE_1 | \
					 GLNVM_ULD_CORER_DONE | GLNVM_ULD_GLOBR_DONE | \
					 GLNVM_ULD_POR_DONE | GLNVM_ULD_POR_DONE_1 | \
					 GLNVM_ULD_PCIER_DONE_2)
#define PFPM_WUS			0x0009DB80	/* why the host woke up */
#define GLGEN_STAT			0x000B612C
#define GLGEN_CLKSTAT_SRC		0x000B826C
#define GLGEN_CLKSTAT_SRC_PSM_CLK_SRC_S	4		/* 0 367, 1 416, 2 446, 3 390 MHz */
#define GL_PWR_MODE_CTL			0x000B820C
#define GL_PWR_MODE_CTL_CAR_MAX_BW_S	30
#define GL_MNG_FWSM			0x000B6134
#define GL_MNG_FWSM_FW_MODES_M		E810_MASK(3, 0)	/* 0 normal */
#define GL_MNG_FWSM_FW_MODE_DEBUG	E810_BIT(0)
#define GL_MNG_FWSM_FW_MODE_RECOVERY	E810_BIT(1)
#define GL_MNG_FWSM_FW_MODE_ROLLBACK	E810_BIT(2)

/* NVM. */
#define GLNVM_GENS			0x000B6100
#define GLNVM_GENS_NVM_PRES		E810_BIT(0)
#define GLNVM_GENS_SR_SIZE_S		5		/* shadow RAM is 2^n KiB */
#define GLNVM_GENS_SR_SIZE_M		E810_MASK(3, 5)
#define GLNVM_FLA			0x000B6108
#define GLNVM_FLA_LOCKED		E810_BIT(6)

/* Admin queue, section 9.5. Mailbox and sideband queues have the same shape. */
#define PF_FW_ATQBAL			0x00080000
#define PF_FW_ARQBAL			0x00080080
#define PF_FW_ATQBAH			0x00080100
#define PF_FW_ARQBAH			0x00080180
#define PF_FW_ATQLEN			0x00080200
#define PF_FW_ARQLEN			0x00080280
#define PF_FW_ATQH			0x00080300
#define PF_FW_ARQH			0x00080380
#define PF_FW_ATQT			0x00080400
#define PF_FW_ARQT			0x00080480
#define PF_MBX_ATQBAL			0x0022E100
#define PF_MBX_ATQBAH			0x0022E180
#define PF_MBX_ATQLEN			0x0022E200
#define PF_MBX_ATQH			0x0022E280
#define PF_MBX_ATQT			0x0022E300
#define PF_MBX_ARQBAL			0x0022E380
#define PF_MBX_ARQBAH			0x0022E400
#define PF_MBX_ARQLEN			0x0022E480
#define PF_MBX_ARQH			0x0022E500
#define PF_MBX_ARQT			0x0022E580
#define PF_SB_ATQBAL			0x0022FC00
#define PF_SB_ATQBAH			0x0022FC80
#define PF_SB_ATQLEN			0x0022FD00
#define PF_SB_ATQH			0x0022FD80
#define PF_SB_ATQT			0x0022FE00
#define PF_SB_ARQBAL			0x0022FE80
#define PF_SB_ARQBAH			0x0022FF00
#define PF_SB_ARQLEN			0x0022FF80
#define PF_SB_ARQH			0x00230000
#define PF_SB_ARQT			0x00230080
#define PF_CTLQ_HEAD_M			E810_MASK(10, 0)
#define PF_CTLQ_TAIL_M			E810_MASK(10, 0)
#define PF_CTLQ_LEN_M			E810_MASK(10, 0)
#define PF_CTLQ_LEN_VFE			E810_BIT(28)
#define PF_CTLQ_LEN_OVFL		E810_BIT(29)
#define PF_CTLQ_LEN_CRIT		E810_BIT(30)
#define PF_CTLQ_LEN_ENABLE		E810_BIT(31)

/* Interrupts, section 9.1. */
#define GLINT_CTL			0x0016CC54
#define GLINT_CTL_DIS_AUTOMASK		E810_BIT(0)
#define GLINT_CTL_ITR_GRAN_200_S	16
#define GLINT_CTL_ITR_GRAN_100_S	20
#define GLINT_CTL_ITR_GRAN_50_S		24
#define GLINT_CTL_ITR_GRAN_25_S		28
#define GLINT_DYN_CTL(v)		(0x00160000 + 4 * (v))
#define GLINT_DYN_CTL_INTENA		E810_BIT(0)
#define GLINT_DYN_CTL_CLEARPBA		E810_BIT(1)
#define GLINT_DYN_CTL_SWINT_TRIG	E810_BIT(2)
#define GLINT_DYN_CTL_ITR_INDX_S	3		/* 0-2, 3: no ITR update */
#define GLINT_DYN_CTL_ITR_INDX_M	E810_MASK(2, 3)
#define GLINT_DYN_CTL_INTERVAL_S	5
#define GLINT_DYN_CTL_INTERVAL_M	E810_MASK(12, 5)
#define GLINT_DYN_CTL_SW_ITR_INDX_ENA	E810_BIT(24)
#define GLINT_DYN_CTL_SW_ITR_INDX_S	25
#define GLINT_DYN_CTL_WB_ON_ITR		E810_BIT(30)
#define GLINT_DYN_CTL_INTENA_MSK	E810_BIT(31)	/* set: INTENA is not written */
#define GLINT_ITR(i, v)			(0x00154000 + 8192 * (i) + 4 * (v))
#define GLINT_ITR_INTERVAL_M		E810_MASK(12, 0)
#define GLINT_RATE(v)			(0x0015A000 + 4 * (v))
#define GLINT_RATE_INTERVAL_M		E810_MASK(6, 0)		/* in 4 us above 25 Gb/s */
#define GLINT_RATE_INTRL_ENA		E810_BIT(6)
#define PFINT_OICR			0x0016CA00	/* clear on read */
#define PFINT_OICR_ENA			0x0016C900
#define PFINT_OICR_CTL			0x0016CA80
#define PFINT_FW_CTL			0x0016C800
#define PFINT_MBX_CTL			0x0016B280
#define PFINT_SB_CTL			0x0016B600
#define PFINT_OICR_INTEVENT		E810_BIT(0)
#define PFINT_OICR_ECC_ERR		E810_BIT(16)
#define PFINT_OICR_MAL_DETECT		E810_BIT(19)
#define PFINT_OICR_GRST			E810_BIT(20)
#define PFINT_OICR_PCI_EXCEPTION	E810_BIT(21)
#define PFINT_OICR_LINK_STAT_CHANGE	E810_BIT(25)
#define PFINT_OICR_HMC_ERR		E810_BIT(26)
#define PFINT_OICR_PE_CRITERR		E810_BIT(28)
#define PFINT_OICR_VFLR			E810_BIT(29)
#define PFINT_OICR_SWINT		E810_BIT(31)
#define QINT_RQCTL(q)			(0x00150000 + 4 * (q))
#define QINT_TQCTL(q)			(0x00140000 + 4 * (q))
/** Fields of every cause control register (QINT_xQCTL, PFINT_x_CTL). */
#define INT_CTL_MSIX_INDX_M		E810_MASK(11, 0)
#define INT_CTL_ITR_INDX_S		11
#define INT_CTL_ITR_INDX_M		E810_MASK(2, 11)
#define INT_CTL_CAUSE_ENA		E810_BIT(30)
#define INT_CTL_INTEVENT		E810_BIT(31)

/* LAN receive queues, section 10.4.3. */
#define QRX_CTRL(q)			(0x00120000 + 4 * (q))
#define QRX_CTRL_QENA_REQ		E810_BIT(0)
#define QRX_CTRL_FAST_QDIS		E810_BIT(1)
#define QRX_CTRL_QENA_STAT		E810_BIT(2)
#define QRX_CTRL_CDE			E810_BIT(3)
#define QRX_CTRL_CDS			E810_BIT(4)
#define QRX_CONTEXT(i, q)		(0x00280000 + 8192 * (i) + 4 * (q))
#define QRX_CONTEXT_WORDS		8
/* Doorbell. The hardware ignores the low three bits (Linux ice, ice_release_rx_desc()). */
#define QRX_TAIL(q)			(0x00290000 + 4 * (q))
#define QRX_TAIL_M			E810_MASK(13, 0)
#define QRX_TAIL_IGNORED_M		E810_MASK(3, 0)
#define QRX_ITR(q)			(0x00292000 + 4 * (q))
#define QRX_ITR_NO_EXPR			E810_BIT(0)
#define QRXFLXP_CNTXT(q)		(0x00480000 + 4 * (q))
#define QRXFLXP_CNTXT_RXDID_IDX_M	E810_MASK(6, 0)
#define QRXFLXP_CNTXT_RXDID_PRIO_S	8
#define QRXFLXP_CNTXT_TS		E810_BIT(11)
#define PFLAN_RX_QALLOC			0x001D2500
#define PFLAN_TX_QALLOC			0x001D2580
#define PFLAN_QALLOC_FIRSTQ_M		E810_MASK(14, 0)	/* 11 bits on Rx */
#define PFLAN_QALLOC_LASTQ_S		16
#define PFLAN_QALLOC_VALID		E810_BIT(31)
#define GLLAN_RCTL_0			0x002941F8
#define GLLAN_RCTL_0_PXE_MODE		E810_BIT(0)

/* LAN transmit queues, section 10.5.3. */
#define QTX_COMM_DBELL(q)		(0x002C0000 + 4 * (q))	/* doorbell */
#define QTX_COMM_HEAD(q)		(0x000E0000 + 4 * (q))
#define QTX_COMM_HEAD_HEAD_M		E810_MASK(13, 0)
#define QTX_COMM_DBLQ_CNTX(i, q)	(0x002D0000 + 1024 * (i) + 4 * (q))
#define GLTCLAN_CQ_CNTX(i, q)		(0x000F0800 + 2048 * (i) + 4 * (q))

/* Malicious driver detection, section 9.1.5. */
#define GL_MDET_RX			0x00294C00
#define GL_MDET_TX_PQM			0x002D2E00
#define GL_MDET_TX_TCLAN		0x000FC068
#define GL_MDET_TX_TDPU			0x00049350
#define PF_MDET_RX			0x00294280
#define PF_MDET_TX_PQM			0x002D2C80
#define PF_MDET_TX_TCLAN		0x000FC000
#define PF_MDET_TX_TDPU			0x00040800
#define PF_MDET_VALID			E810_BIT(0)
#define GL_MDET_VALID			E810_BIT(31)
#define GL_MDET_MAL_TYPE_S		26		/* 5 bits, in all four */
#define GL_MDET_QNUM_S			0		/* RX, TX_TCLAN and TX_TDPU */
#define GL_MDET_PF_NUM_S		23
#define GL_MDET_TX_PQM_PF_NUM_S		0
#define GL_MDET_TX_PQM_QNUM_S		12

/* Classification. */
#define PFQF_FD_ENA			0x0043A000
#define PFQF_FD_ENA_FD_ENA		E810_BIT(0)
#define GLQF_FD_SIZE			0x00460010
#define GLQF_FD_SIZE_BSIZE_S		16	/* shared entries, 15 bits; guaranteed: 14:0 */
#define VSIQF_HASH_CTL(v)		(0x0040D000 + 4 * (v))
#define VSIQF_HKEY(i, v)		(0x00400000 + 4096 * (i) + 4 * (v))
#define VSIQF_HLUT(i, v)		(0x00420000 + 4096 * (i) + 4 * (v))
#define PFQF_HLUT(i)			(0x00430000 + 64 * (i))
#define GLFLXP_RXDID_FLAGS(i, j)	(0x0045D000 + 4 * (i) + 256 * (j))
#define GLFLXP_RXDID_FLX_WRD(n, i)	(0x0045C800 + 256 * (n) + 4 * (i))	/* n = 0..5 */
#define GLSWID_RUPP(i)			(0x00345000 + 4 * (i))
#define GL_PREEXT_L2_PMASK0(i)		(0x0020F0FC + 4 * (i))
#define GL_PREEXT_L2_PMASK1(i)		(0x0020F108 + 4 * (i))
#define PRTDCB_GENS			0x00083020

/*
 * Statistics, section 10.6. Counters are never cleared by software and wrap at the width given;
 * a 40-bit counter is the register named (low 32 bits) and the one at +4 (high 8 bits).
 */
#define GLPRT_GORCL(p)			(0x00380000 + 8 * (p))	/* octets received, 40 bits */
#define GLPRT_MLFC(p)			(0x00380040 + 8 * (p))	/* MAC local faults, 32 */
#define GLPRT_MRFC(p)			(0x00380080 + 8 * (p))	/* MAC remote faults, 32 */
#define GLPRT_CRCERRS(p)		(0x00380100 + 8 * (p))	/* 32 */
#define GLPRT_RLEC(p)			(0x00380140 + 8 * (p))	/* length errors, 32 */
#define GLPRT_ILLERRC(p)		(0x003801C0 + 8 * (p))	/* illegal bytes, 32 */
#define GLPRT_RUC(p)			(0x00380200 + 8 * (p))	/* undersize, 32 */
#define GLPRT_ROC(p)			(0x00380240 + 8 * (p))	/* oversize, 32 */
#define GLPRT_LXONRXC(p)		(0x00380280 + 8 * (p))	/* link XON received, 32 */
#define GLPRT_LXOFFRXC(p)		(0x003802C0 + 8 * (p))	/* link XOFF received, 32 */
#define GLPRT_PRC64L(p)			(0x00380900 + 8 * (p))	/* by size, 40 bits each */
#define GLPRT_PRC127L(p)		(0x00380940 + 8 * (p))
#define GLPRT_PRC255L(p)		(0x00380980 + 8 * (p))
#define GLPRT_PRC511L(p)		(0x003809C0 + 8 * (p))
#define GLPRT_PRC1023L(p)		(0x00380A00 + 8 * (p))
#define GLPRT_PRC1522L(p)		(0x00380A40 + 8 * (p))
#define GLPRT_PRC9522L(p)		(0x00380A80 + 8 * (p))
#define GLPRT_RFC(p)			(0x00380AC0 + 8 * (p))	/* fragments, 32 */
#define GLPRT_RJC(p)			(0x00380B00 + 8 * (p))	/* jabbers, 32 */
#define GLPRT_GOTCL(p)			(0x00380B40 + 8 * (p))	/* octets sent, 40 bits */
#define GLPRT_PTC64L(p)			(0x00380B80 + 8 * (p))
#define GLPRT_PTC127L(p)		(0x00380BC0 + 8 * (p))
#define GLPRT_PTC255L(p)		(0x00380C00 + 8 * (p))
#define GLPRT_PTC511L(p)		(0x00380C40 + 8 * (p))
#define GLPRT_PTC1023L(p)		(0x00380C80 + 8 * (p))
#define GLPRT_PTC1522L(p)		(0x00380CC0 + 8 * (p))
#define GLPRT_PTC9522L(p)		(0x00380D00 + 8 * (p))
#define GLPRT_LXONTXC(p)		(0x00381140 + 8 * (p))	/* link XON sent, 32 */
#define GLPRT_LXOFFTXC(p)		(0x00381180 + 8 * (p))	/* link XOFF sent, 32 */
#define GLPRT_UPTCL(p)			(0x003811C0 + 8 * (p))	/* unicast sent, 40 */
#define GLPRT_MPTCL(p)			(0x00381200 + 8 * (p))
#define GLPRT_BPTCL(p)			(0x00381240 + 8 * (p))
#define GLPRT_TDOLD(p)			(0x00381280 + 8 * (p))	/* sent, dropped: link down, 32 */
#define GLPRT_UPRCL(p)			(0x00381300 + 8 * (p))	/* unicast received, 40 */
#define GLPRT_MPRCL(p)			(0x00381340 + 8 * (p))
#define GLPRT_BPRCL(p)			(0x00381380 + 8 * (p))
#define PRTRPB_RDPC			0x000AC260	/* no room in the Rx packet buffer, 32 */
#define GLV_RDPC(v)			(0x00294C04 + 4 * (v))	/* no descriptor: dropped, 32 */
#define GLV_REPC(v)			(0x00295804 + 4 * (v))	/* [15:0] no desc, [31:16] errors */
#define GLV_GOTCL(v)			(0x00300000 + 8 * (v))	/* 40 bits */
#define GLV_UPTCL(v)			(0x0030A000 + 8 * (v))
#define GLV_MPTCL(v)			(0x0030C000 + 8 * (v))
#define GLV_BPTCL(v)			(0x0030E000 + 8 * (v))
#define GLV_TEPC(v)			(0x00312000 + 4 * (v))	/* Tx errors, 32 */
#define GLV_GORCL(v)			(0x003B0000 + 8 * (v))
#define GLV_UPRCL(v)			(0x003B2000 + 8 * (v))
#define GLV_MPRCL(v)			(0x003B4000 + 8 * (v))
#define GLV_BPRCL(v)			(0x003B6000 + 8 * (v))

/* Time synchronisation and pause. */
#define GLTSYN_TIME_L(t)		(0x000888D0 + 4 * (t))
#define GLTSYN_TIME_H(t)		(0x000888D8 + 4 * (t))
#define PRTMAC_HSEC_CTL_TX_PAUSE_QUANTA(i)	  (0x001E36E0 + 32 * (i))
#define PRTMAC_HSEC_CTL_TX_PAUSE_REFRESH_TIMER(i) (0x001E3800 + 32 * (i))

/* ---------------------------------------------------------------- shadow RAM ---------------- */

/* Word offsets into the shadow RAM, section 6. */
#define E810_SR_CTRL_WORD		0x00
#define E810_SR_CTRL_WORD_VALID_S	6	/* bits 7:6 hold 01b when valid */
#define E810_SR_CTRL_WORD_VALID_M	(3u << 6)
#define E810_SR_CTRL_WORD_OROM_BANK	E810_BIT(3)	/* set: second bank is active */
#define E810_SR_CTRL_WORD_NETLIST_BANK	E810_BIT(4)
#define E810_SR_CTRL_WORD_NVM_BANK	E810_BIT(5)
#define E810_SR_PBA_BLOCK_PTR		0x16
#define E810_SR_NVM_DEV_STARTER_VER	0x18
#define E810_SR_WOL_CFG			0x19	/* set: this port wakes nobody, a bit each */
#define E810_SR_NVM_EETRACK_LO		0x2D
#define E810_SR_NVM_EETRACK_HI		0x2E
#define E810_SR_VPD_PTR			0x2F
#define E810_SR_PCIE_ALT_AUTO_LOAD_PTR	0x3E
#define E810_SR_SW_CHECKSUM_WORD	0x3F
#define E810_SR_PFA_PTR			0x40
#define E810_SR_1ST_NVM_BANK_PTR	0x42
#define E810_SR_NVM_BANK_SIZE		0x43
#define E810_SR_1ST_OROM_BANK_PTR	0x44
#define E810_SR_OROM_BANK_SIZE		0x45
#define E810_SR_NETLIST_BANK_PTR	0x46
#define E810_SR_NETLIST_BANK_SIZE	0x47
#define E810_SR_PTR_4KB_UNITS		0x8000	/* pointer: low 15 bits in 4 KiB units */
/* Modules of the preserved field area. */
#define E810_PFA_TX_TOPO		0x14B	/* third byte: the layers that the user wants */
#define E810_SR_CHECKSUM_BASE		0xBABA
#define E810_SR_WORDS_IN_1KB		512
#define E810_NVM_SECTOR_SIZE		4096
#define E810_NVM_MAX_OFFSET		0xFFFFFF

/* ---------------------------------------------------------------- admin queue --------------- */

/** Admin queue descriptor, section 9.5.2: 32 bytes. */
struct e810_aq_desc {
	rte_le16_t flags;
	rte_le16_t opcode;
	rte_le16_t datalen;	/* bytes of the indirect buffer */
	rte_le16_t retval;	/* enum e810_aq_err */
	rte_le32_t cookie_high;
	rte_le32_t cookie_low;
	uint8_t params[16];	/* one of struct e810_aqc_* below */
};

#define E810_AQ_FLAG_DD		0x0001	/* descriptor done */
#define E810_AQ_FLAG_CMP	0x0002	/* completed */
#define E810_AQ_FLAG_ERR	0x0004
#define E810_AQ_FLAG_VFE	0x0008
#define E810_AQ_FLAG_LB		0x0200	/* buffer longer than 512 bytes */
#define E810_AQ_FLAG_RD		0x0400	/* the firmware reads the buffer */
#define E810_AQ_FLAG_VFC	0x0800
#define E810_AQ_FLAG_BUF	0x1000	/* the command has a buffer */
#define E810_AQ_FLAG_SI		0x2000	/* no interrupt on completion */
#define E810_AQ_FLAG_EI		0x4000	/* interrupt on error */
#define E810_AQ_FLAG_FE		0x8000	/* flush the queue on error */
#define E810_AQ_LARGE_BUF	512
#define E810_AQ_MAX_BUF_LEN	4096
#define E810_AQ_MAX_QLEN	1023

enum e810_aq_err {
	E810_AQ_RC_OK = 0,
	E810_AQ_RC_EPERM = 1,
	E810_AQ_RC_ENOENT = 2,
	E810_AQ_RC_ESRCH = 3,
	E810_AQ_RC_EINTR = 4,
	E810_AQ_RC_EIO = 5,
	E810_AQ_RC_ENXIO = 6,
	E810_AQ_RC_E2BIG = 7,
	E810_AQ_RC_EAGAIN = 8,
	E810_AQ_RC_ENOMEM = 9,
	E810_AQ_RC_EACCES = 10,
	E810_AQ_RC_EFAULT = 11,
	E810_AQ_RC_EBUSY = 12,
	E810_AQ_RC_EEXIST = 13,
	E810_AQ_RC_EINVAL = 14,
	E810_AQ_RC_ENOTTY = 15,
	E810_AQ_RC_ENOSPC = 16,
	E810_AQ_RC_ENOSYS = 17,
	E810_AQ_RC_ERANGE = 18,
	E810_AQ_RC_EFLUSHED = 19,
	E810_AQ_RC_BAD_ADDR = 20,
	E810_AQ_RC_EMODE = 21,
	E810_AQ_RC_EFBIG = 22,
	E810_AQ_RC_ENOSEC = 24,
	E810_AQ_RC_EBADSIG = 25,
	E810_AQ_RC_ESVN = 26,
	E810_AQ_RC_EBADMAN = 27,
	E810_AQ_RC_EBADBUF = 28,
};

/** Admin command opcodes, section 9.5.4. */
enum e810_aq_opc {
	E810_AQC_GET_VER = 0x0001,
	E810_AQC_DRIVER_VER = 0x0002,
	E810_AQC_Q_SHUTDOWN = 0x0003,
	E810_AQC_GET_EXP_ERR = 0x0005,
	E810_AQC_REQ_RES = 0x0008,
	E810_AQC_RELEASE_RES = 0x0009,
	E810_AQC_LIST_FUNC_CAPS = 0x000A,
	E810_AQC_LIST_DEV_CAPS = 0x000B,
	E810_AQC_MANAGE_MAC_READ = 0x0107,
	E810_AQC_MANAGE_MAC_WRITE = 0x0108,
	E810_AQC_CLEAR_PXE_MODE = 0x0110,
	E810_AQC_GET_SW_CFG = 0x0200,
	E810_AQC_SET_PORT_PARAMS = 0x0203,
	E810_AQC_GET_RES_ALLOC = 0x0204,
	E810_AQC_ALLOC_RES = 0x0208,
	E810_AQC_FREE_RES = 0x0209,
	E810_AQC_GET_ALLOCD_RES_DESC = 0x020A,
	E810_AQC_SET_VLAN_MODE = 0x020C,
	E810_AQC_GET_VLAN_MODE = 0x020D,
	E810_AQC_ADD_VSI = 0x0210,
	E810_AQC_UPDATE_VSI = 0x0211,
	E810_AQC_GET_VSI = 0x0212,
	E810_AQC_FREE_VSI = 0x0213,
	E810_AQC_ADD_RECIPE = 0x0290,
	E810_AQC_RECIPE_TO_PROFILE = 0x0291,
	E810_AQC_GET_RECIPE = 0x0292,
	E810_AQC_GET_RECIPE_TO_PROFILE = 0x0293,
	E810_AQC_ADD_SW_RULES = 0x02A0,
	E810_AQC_UPDATE_SW_RULES = 0x02A1,
	E810_AQC_REMOVE_SW_RULES = 0x02A2,
	E810_AQC_GET_SW_RULES = 0x02A3,
	E810_AQC_CLEAR_PF_CFG = 0x02A4,
	E810_AQC_QUERY_PFC_MODE = 0x0302,
	E810_AQC_SET_PFC_MODE = 0x0303,
	E810_AQC_SET_DCB_PARAMS = 0x0306,
	E810_AQC_GET_DFLT_TOPO = 0x0400,
	E810_AQC_ADD_SCHED_ELEMS = 0x0401,
	E810_AQC_CFG_SCHED_ELEMS = 0x0403,
	E810_AQC_GET_SCHED_ELEMS = 0x0404,
	E810_AQC_MOVE_SCHED_ELEMS = 0x0408,
	E810_AQC_SUSPEND_SCHED_ELEMS = 0x0409,
	E810_AQC_RESUME_SCHED_ELEMS = 0x040A,
	E810_AQC_QUERY_PORT_ETS = 0x040E,
	E810_AQC_DELETE_SCHED_ELEMS = 0x040F,
	E810_AQC_ADD_RL_PROFILES = 0x0410,
	E810_AQC_QUERY_RL_PROFILES = 0x0411,
	E810_AQC_QUERY_SCHED_RES = 0x0412,
	E810_AQC_QUERY_NODE_TO_ROOT = 0x0413,
	E810_AQC_REMOVE_RL_PROFILES = 0x0415,
	E810_AQC_SET_TX_TOPO = 0x0417,
	E810_AQC_GET_TX_TOPO = 0x0418,
	E810_AQC_GET_PHY_CAPS = 0x0600,
	E810_AQC_SET_PHY_CFG = 0x0601,
	E810_AQC_SET_MAC_CFG = 0x0603,
	E810_AQC_RESTART_AN = 0x0605,
	E810_AQC_GET_LINK_STATUS = 0x0607,
	E810_AQC_SET_EVENT_MASK = 0x0613,
	E810_AQC_SET_MAC_LB = 0x0620,
	E810_AQC_GET_SENSOR = 0x0632,
	E810_AQC_DNL_CALL = 0x0682,
	E810_AQC_GET_LINK_TOPO = 0x06E0,
	E810_AQC_SET_PORT_ID_LED = 0x06E9,
	E810_AQC_GET_PORT_OPTIONS = 0x06EA,
	E810_AQC_SET_PORT_OPTION = 0x06EB,
	E810_AQC_SFF_EEPROM = 0x06EE,
	E810_AQC_NVM_READ = 0x0701,
	E810_AQC_NVM_ERASE = 0x0702,
	E810_AQC_NVM_WRITE = 0x0703,
	E810_AQC_NVM_CHECKSUM = 0x0706,
	E810_AQC_NVM_WRITE_ACTIVATE = 0x0707,
	E810_AQC_LLDP_GET_MIB = 0x0A00,
	E810_AQC_LLDP_SET_MIB_CHANGE = 0x0A01,
	E810_AQC_LLDP_STOP = 0x0A05,
	E810_AQC_LLDP_START = 0x0A06,
	E810_AQC_GET_CEE_DCB_CFG = 0x0A07,
	E810_AQC_LLDP_SET_LOCAL_MIB = 0x0A08,
	E810_AQC_LLDP_STOP_START_AGENT = 0x0A09,
	E810_AQC_LLDP_FILTER_CTRL = 0x0A0A,
	E810_AQC_SET_RSS_KEY = 0x0B02,
	E810_AQC_SET_RSS_LUT = 0x0B03,
	E810_AQC_GET_RSS_KEY = 0x0B04,
	E810_AQC_GET_RSS_LUT = 0x0B05,
	E810_AQC_CLEAR_FD_TABLE = 0x0B06,
	E810_AQC_NEIGHBOUR_REQ = 0x0C00,
	E810_AQC_ADD_TXQS = 0x0C30,
	E810_AQC_DIS_TXQS = 0x0C31,
	E810_AQC_MOVE_RECFG_TXQS = 0x0C32,
	E810_AQC_DOWNLOAD_PKG = 0x0C40,
	E810_AQC_UPLOAD_SECTION = 0x0C41,
	E810_AQC_UPDATE_PKG = 0x0C42,
	E810_AQC_GET_PKG_INFO_LIST = 0x0C43,
	E810_AQC_DRIVER_SHARED_PARAMS = 0x0C90,
	E810_AQC_SET_HEALTH_STATUS_CONFIG = 0xFF20,
	E810_AQC_GET_SUPPORTED_HEALTH_CODES = 0xFF21,
	E810_AQC_GET_HEALTH_STATUS = 0xFF22,
	E810_AQC_CLEAR_HEALTH_STATUS = 0xFF23,
	E810_AQC_FW_LOG_CONFIG = 0xFF30,
	E810_AQC_FW_LOG_REGISTER = 0xFF31,
	E810_AQC_FW_LOG_QUERY = 0xFF32,
	E810_AQC_FW_LOG_EVENT = 0xFF33,
};

/** Any indirect command: the buffer's address stands in the last 8 bytes. */
struct e810_aqc_generic {
	rte_le32_t param0;
	rte_le32_t param1;
	rte_le32_t addr_high;
	rte_le32_t addr_low;
};

/** 0x0001, response. */
struct e810_aqc_get_ver {
	rte_le32_t rom_ver;
	rte_le32_t fw_build;
	uint8_t fw_branch;
	uint8_t fw_major;
	uint8_t fw_minor;
	uint8_t fw_patch;
	uint8_t api_branch;
	uint8_t api_major;
	uint8_t api_minor;
	uint8_t api_patch;
};

/** 0x0002; the buffer is the driver's name string. */
struct e810_aqc_driver_ver {
	uint8_t major_ver;
	uint8_t minor_ver;
	uint8_t build_ver;
	uint8_t subbuild_ver;
	uint8_t reserved[4];
	rte_le32_t addr_high;
	rte_le32_t addr_low;
};

/** 0x0003. */
struct e810_aqc_q_shutdown {
	uint8_t driver_unloading;	/* bit 0 */
	uint8_t reserved[15];
};

/** 0x0008 and 0x0009. */
struct e810_aqc_req_res {
	rte_le16_t res_id;
#define E810_RES_ID_NVM			1
#define E810_RES_ID_SDP			2
#define E810_RES_ID_CHNG_LOCK		3
#define E810_RES_ID_GLBL_LOCK		4
	rte_le16_t access_type;
#define E810_RES_ACCESS_READ		1
#define E810_RES_ACCESS_WRITE		2
	rte_le32_t timeout;		/* ms */
	rte_le32_t res_number;
	rte_le16_t status;		/* GLBL_LOCK only */
#define E810_RES_GLBL_SUCCESS		0
#define E810_RES_GLBL_IN_PROG		1
#define E810_RES_GLBL_DONE		2
	uint8_t reserved[2];
};

/** 0x000A and 0x000B. */
struct e810_aqc_list_caps {
	uint8_t cmd_flags;
	uint8_t pf_index;
	uint8_t reserved[2];
	rte_le32_t count;		/* elements needed or returned */
	rte_le32_t addr_high;
	rte_le32_t addr_low;
};

struct e810_aqc_list_caps_elem {
	rte_le16_t cap;
#define E810_CAP_SWITCHING_MODE		0x0001
#define E810_CAP_MANAGEABILITY_MODE	0x0002
#define E810_CAP_OS2BMC			0x0004
#define E810_CAP_VALID_FUNCTIONS	0x0005
#define E810_CAP_SRIOV			0x0012
#define E810_CAP_VF			0x0013
#define E810_CAP_VSI			0x0017
#define E810_CAP_DCB			0x0018
#define E810_CAP_RSS			0x0040
#define E810_CAP_RXQS			0x0041
#define E810_CAP_TXQS			0x0042
#define E810_CAP_MSIX			0x0043
#define E810_CAP_FD			0x0045
#define E810_CAP_1588			0x0046
#define E810_CAP_MAX_MTU		0x0047
#define E810_CAP_RDMA			0x0051
#define E810_CAP_LED			0x0061
#define E810_CAP_SDP			0x0062
#define E810_CAP_SENSORS		0x0067	/* bit per sensor of 0x0632 */
#define E810_CAP_PCIE_RESET_AVOIDANCE	0x0076
#define E810_CAP_NVM_MGMT		0x0080
#define E810_CAP_TX_TOPO		0x0085	/* the transmit topology can be asked for */
	uint8_t major_ver;
	uint8_t minor_ver;
	rte_le32_t number;
	rte_le32_t logical_id;
	rte_le32_t phys_id;
	rte_le64_t rsvd1;
	rte_le64_t rsvd2;
};

/** 0x0107. */
struct e810_aqc_manage_mac_read {
	rte_le16_t flags;
#define E810_MAN_MAC_LAN_ADDR_VALID	0x0010
#define E810_MAN_MAC_PORT_ADDR_VALID	0x0040
#define E810_MAN_MAC_WOL_ADDR_VALID	0x0080
	uint8_t rsvd[2];
	uint8_t num_addr;
	uint8_t rsvd1[3];
	rte_le32_t addr_high;
	rte_le32_t addr_low;
};

struct e810_aqc_manage_mac_read_resp {
	uint8_t lport_num;
	uint8_t addr_type;
#define E810_MAN_MAC_ADDR_TYPE_LAN	0
#define E810_MAN_MAC_ADDR_TYPE_WOL	1
	uint8_t mac_addr[6];
};

/** 0x0108. */
struct e810_aqc_manage_mac_write {
	uint8_t rsvd;
	uint8_t flags;
#define E810_MAN_MAC_UPDATE_LAA_WOL	0x40
	uint8_t mac_addr[6];
	rte_le32_t addr_high;
	rte_le32_t addr_low;
};

/** 0x0110. */
struct e810_aqc_clear_pxe {
	uint8_t rx_cnt;
#define E810_CLEAR_PXE_RX_CNT		0x2
	uint8_t reserved[15];
};

/** 0x0200. */
struct e810_aqc_get_sw_cfg {
	rte_le16_t flags;
	rte_le16_t element;		/* where to go on; 0: that was all */
	rte_le16_t num_elems;
	rte_le16_t rsvd;
	rte_le32_t addr_high;
	rte_le32_t addr_low;
};

struct e810_aqc_get_sw_cfg_elem {
	rte_le16_t vsi_port_num;
#define E810_SW_CFG_NUM_M		0x03FF
#define E810_SW_CFG_TYPE_S		14
#define E810_SW_CFG_PHYS_PORT		0
#define E810_SW_CFG_VIRT_PORT		1
#define E810_SW_CFG_VSI			2
	rte_le16_t swid;
	rte_le16_t pf_vf_num;		/* bit 15: a VF */
};

/** 0x0203. */
struct e810_aqc_set_port_params {
	rte_le16_t cmd_flags;
	rte_le16_t bad_frame_vsi;
	rte_le16_t swid;
	uint8_t reserved[10];
};

/** 0x0208 and 0x0209. */
struct e810_aqc_alloc_free_res {
	rte_le16_t num_entries;
	uint8_t reserved[6];
	rte_le32_t addr_high;
	rte_le32_t addr_low;
};

struct e810_aqc_alloc_free_res_elem {
	rte_le16_t res_type;
#define E810_RES_TYPE_M			0x7F
#define E810_RES_TYPE_VSI_LIST_REP	0x03
#define E810_RES_TYPE_VSI_LIST_PRUNE	0x04
#define E810_RES_TYPE_RECIPE		0x05
#define E810_RES_TYPE_SWID		0x07
#define E810_RES_TYPE_GLOBAL_RSS_HASH	0x20
#define E810_RES_TYPE_FDIR_COUNTER_BLOCK	0x21
#define E810_RES_TYPE_FDIR_GUARANTEED	0x22
#define E810_RES_TYPE_FDIR_SHARED	0x23
#define E810_RES_TYPE_FLAG_SHARED	0x0080
#define E810_RES_TYPE_FLAG_SCAN_BOTTOM	0x1000
#define E810_RES_TYPE_FLAG_IGNORE_INDEX	0x2000
	rte_le16_t num_elems;
	rte_le16_t elem[];		/* the ids */
};

/** 0x020A, command. */
struct e810_aqc_get_allocd_res {
	rte_le16_t res_type;
	rte_le16_t first_desc;
	rte_le32_t reserved;
	rte_le32_t addr_high;
	rte_le32_t addr_low;
};

/** 0x020A, response; the buffer holds the ids, 16 bits each. */
struct e810_aqc_get_allocd_res_resp {
	rte_le16_t res_type;
	rte_le16_t next_desc;		/* where to go on; 0: that was all */
	rte_le16_t num_desc;
	rte_le16_t reserved;
	rte_le32_t addr_high;
	rte_le32_t addr_low;
};

/** 0x020D, buffer of 100 bytes. */
struct e810_aqc_vlan_mode {
	uint8_t vlan_mode;
#define E810_VLAN_MODE_DVM_ENA		0x01
	uint8_t l2tag_prio_tagging;
	uint8_t reserved[64];
	uint8_t rdma_packet;		/* of Set: tells single from double VLAN mode */
#define E810_VLAN_MODE_RDMA_SVM		0x10
#define E810_VLAN_MODE_RDMA_DVM		0x1A
	uint8_t reserved1[33];
};

/** 0x0210 to 0x0213, command. */
struct e810_aqc_vsi_cmd {
	rte_le16_t vsi_num;
#define E810_VSI_NUM_M			0x03FF
#define E810_VSI_IS_VALID		0x8000
	rte_le16_t cmd_flags;
#define E810_VSI_KEEP_ALLOC		0x0001
	uint8_t vf_id;
	uint8_t reserved;
	rte_le16_t vsi_flags;
#define E810_VSI_TYPE_M			0x0003
#define E810_VSI_TYPE_VF		0x0
#define E810_VSI_TYPE_VMDQ2		0x1
#define E810_VSI_TYPE_PF		0x2
#define E810_VSI_TYPE_EMP_MNG		0x3
	rte_le32_t addr_high;
	rte_le32_t addr_low;
};

/** 0x0210, 0x0211 and 0x0213, response. */
struct e810_aqc_vsi_resp {
	rte_le16_t vsi_num;
	rte_le16_t ext_status;
	rte_le16_t vsi_used;
	rte_le16_t vsi_free;
	rte_le32_t addr_high;
	rte_le32_t addr_low;
};

/** 0x0212, response. */
struct e810_aqc_get_vsi_resp {
	rte_le16_t vsi_num;
	uint8_t vf_id;
	uint8_t vsi_flags;
	rte_le16_t vsi_used;
	rte_le16_t vsi_free;
	rte_le32_t addr_high;
	rte_le32_t addr_low;
};

/** VSI properties: the buffer of the VSI commands, 128 bytes. */
struct e810_aqc_vsi_props {
	rte_le16_t valid_sections;
#define E810_VSI_PROP_SW_VALID		0x0001
#define E810_VSI_PROP_SECURITY_VALID	0x0002
#define E810_VSI_PROP_VLAN_VALID	0x0004
#define E810_VSI_PROP_OUTER_TAG_VALID	0x0008
#define E810_VSI_PROP_INGRESS_UP_VALID	0x0010
#define E810_VSI_PROP_EGRESS_UP_VALID	0x0020
#define E810_VSI_PROP_RXQ_MAP_VALID	0x0040
#define E810_VSI_PROP_Q_OPT_VALID	0x0080
#define E810_VSI_PROP_OUTER_UP_VALID	0x0100
#define E810_VSI_PROP_ACL_VALID		0x0400
#define E810_VSI_PROP_FLOW_DIR_VALID	0x0800
#define E810_VSI_PROP_PASID_VALID	0x1000
#define E810_VSI_PROP_ALL		0x1DFF
	uint8_t sw_id;
	uint8_t sw_flags;
#define E810_VSI_SW_FLAG_ALLOW_LB	0x20
#define E810_VSI_SW_FLAG_LOCAL_LB	0x40
#define E810_VSI_SW_FLAG_SRC_PRUNE	0x80
	uint8_t sw_flags2;
#define E810_VSI_SW_FLAG_RX_VLAN_PRUNE_ENA	0x01
#define E810_VSI_SW_FLAG_LAN_ENA	0x10
	uint8_t veb_stat_id;
	uint8_t sec_flags;
#define E810_VSI_SEC_FLAG_ALLOW_DEST_OVRD	0x01
#define E810_VSI_SEC_FLAG_MAC_ANTI_SPOOF	0x04
#define E810_VSI_SEC_TX_VLAN_PRUNE_ENA	0x10
	uint8_t sec_reserved;
	rte_le16_t port_based_inner_vlan;
	uint8_t inner_vlan_reserved[2];
	uint8_t inner_vlan_flags;
#define E810_VSI_INNER_VLAN_TX_MODE_M	0x03
#define E810_VSI_INNER_VLAN_TX_UNTAGGED	0x01
#define E810_VSI_INNER_VLAN_TX_TAGGED	0x02
#define E810_VSI_INNER_VLAN_TX_ALL	0x03
#define E810_VSI_INNER_VLAN_INSERT_PVID	0x04
#define E810_VSI_INNER_VLAN_EMODE_M	0x18
#define E810_VSI_INNER_VLAN_EMODE_STR_BOTH	0x00
#define E810_VSI_INNER_VLAN_EMODE_STR_UP	0x08
#define E810_VSI_INNER_VLAN_EMODE_STR	0x10
#define E810_VSI_INNER_VLAN_EMODE_NOTHING	0x18
	uint8_t inner_vlan_reserved2[3];
	rte_le32_t ingress_table;	/* 3 bits a user priority */
	rte_le32_t egress_table;
	rte_le16_t port_based_outer_vlan;
	uint8_t outer_vlan_flags;
	uint8_t outer_vlan_reserved;
	rte_le16_t mapping_flags;
#define E810_VSI_Q_MAP_CONTIG		0x0000
#define E810_VSI_Q_MAP_NONCONTIG	0x0001
	rte_le16_t q_mapping[16];	/* contiguous: [0] first queue, [1] number */
	rte_le16_t tc_mapping[8];
#define E810_VSI_TC_Q_OFFSET_M		0x07FF
#define E810_VSI_TC_Q_NUM_S		11	/* number of queues is 2^n */
#define E810_VSI_TC_Q_NUM_M		0x7800
	uint8_t q_opt_rss;
#define E810_VSI_Q_OPT_RSS_LUT_M	0x03
#define E810_VSI_Q_OPT_RSS_LUT_VSI	0x0
#define E810_VSI_Q_OPT_RSS_LUT_PF	0x2
#define E810_VSI_Q_OPT_RSS_LUT_GBL	0x3
#define E810_VSI_Q_OPT_RSS_GBL_LUT_S	2
#define E810_VSI_Q_OPT_RSS_GBL_LUT_M	0x0F
#define E810_VSI_Q_OPT_RSS_HASH_S	6	/* 0 Toeplitz, 1 symmetric, 2 XOR, 3 Jenkins */
	uint8_t q_opt_tc;
	uint8_t q_opt_flags;
	uint8_t q_opt_reserved[3];
	rte_le32_t outer_up_table;
	rte_le16_t acl_def_act;
	rte_le16_t fd_options;
	rte_le16_t max_fd_fltr_dedicated;
	rte_le16_t max_fd_fltr_shared;
	rte_le16_t fd_def_q;
	rte_le16_t fd_report_opt;
	rte_le32_t pasid_id;
	uint8_t reserved[24];
};

/** 0x0290 and 0x0292. */
struct e810_aqc_recipe_cmd {
	rte_le16_t num_sub_recipes;	/* response of get */
	rte_le16_t index;		/* get: the root recipe wanted */
	rte_le32_t reserved;
	rte_le32_t addr_high;
	rte_le32_t addr_low;
};

/** 0x0290 and 0x0292, buffer: 64 bytes each. */
struct e810_aqc_recipe_elem {
	uint8_t index;
	uint8_t resp_bits;
	uint8_t rsvd0[2];
	uint8_t bitmap[8];
	uint8_t rsvd1[4];
	uint8_t rid;
#define E810_RECIPE_IS_ROOT		0x80
	uint8_t lkup_index[5];		/* field vector words; [0] is the switch id */
#define E810_RECIPE_LKUP_IGNORE		0x80
	rte_le16_t mask[5];
	uint8_t result_index;
	uint8_t rsvd2[3];
	uint8_t join_priority;
	uint8_t fwd_priority;
	uint8_t act_ctrl;
	uint8_t rsvd3;
	rte_le32_t dflt_act;
	uint8_t rsvd4[20];
} __rte_packed;

/** 0x0291 and 0x0293. */
struct e810_aqc_recipe_to_profile {
	rte_le16_t profile_id;
	uint8_t rsvd[6];
	uint8_t recipes[8];		/* bitmap */
};

/** 0x02A0 to 0x02A3. */
struct e810_aqc_sw_rules {
	rte_le16_t num_rules;
	uint8_t reserved[6];
	rte_le32_t addr_high;
	rte_le32_t addr_low;
};

/** Header of each element in a switch rule buffer. */
struct e810_sw_rule_hdr {
	rte_le16_t type;
#define E810_SW_RULE_LKUP_RX		0x0
#define E810_SW_RULE_LKUP_TX		0x1
#define E810_SW_RULE_LG_ACT		0x2
#define E810_SW_RULE_VSI_LIST_SET	0x3
#define E810_SW_RULE_VSI_LIST_CLEAR	0x4
#define E810_SW_RULE_PRUNE_LIST_SET	0x5
#define E810_SW_RULE_PRUNE_LIST_CLEAR	0x6
	rte_le16_t status;
};

/** Element of type LKUP_RX or LKUP_TX; hdr_len bytes of dummy header follow. */
struct e810_sw_rule_lkup {
	struct e810_sw_rule_hdr hdr;
	rte_le16_t recipe_id;
#define E810_SW_LKUP_ETHERTYPE		0
#define E810_SW_LKUP_MAC		1
#define E810_SW_LKUP_MAC_VLAN		2
#define E810_SW_LKUP_PROMISC		3
#define E810_SW_LKUP_VLAN		4
#define E810_SW_LKUP_DFLT		5
#define E810_SW_LKUP_ETHERTYPE_MAC	8
#define E810_SW_LKUP_PROMISC_VLAN	9
	rte_le16_t src;			/* Rx: logical port; Tx: VSI */
	rte_le32_t act;
#define E810_SW_ACT_TYPE_M		0x00000003
#define E810_SW_ACT_VSI_FORWARDING	0x0
#define E810_SW_ACT_TO_Q		0x1
#define E810_SW_ACT_PRUNE		0x2
#define E810_SW_ACT_OTHER		0x3
#define E810_SW_ACT_LB_ENABLE		0x00000004
#define E810_SW_ACT_LAN_ENABLE		0x00000008
#define E810_SW_ACT_VSI_ID_S		4
#define E810_SW_ACT_VSI_ID_M		0x00003FF0
#define E810_SW_ACT_VSI_LIST		0x00004000	/* id is a VSI list's */
#define E810_SW_ACT_PRUNE_EGRESS	0x00008000	/* prune what goes to the VSIs */
#define E810_SW_ACT_PRUNE_INGRESS	0x00010000	/* and what comes from them */
#define E810_SW_ACT_VALID		0x00020000
#define E810_SW_ACT_DROP		0x00040000
	rte_le16_t index;		/* rule id: response of add, input of remove */
	rte_le16_t hdr_len;
	uint8_t hdr_data[];
};
/** Dummy Ethernet header of a lookup rule: destination, source, type or VLAN TCI. */
#define E810_SW_DUMMY_ETH_HDR_LEN	16
#define E810_SW_DUMMY_ETH_DA_OFFSET	0
#define E810_SW_DUMMY_ETH_SA_OFFSET	6
#define E810_SW_DUMMY_ETH_ETYPE_OFFSET	12
#define E810_SW_DUMMY_ETH_TCI_OFFSET	14

/** Element of type VSI_LIST_* or PRUNE_LIST_*. */
struct e810_sw_rule_vsi_list {
	struct e810_sw_rule_hdr hdr;
	rte_le16_t index;
	rte_le16_t number_vsi;
	rte_le16_t vsi[];
};

/** 0x0302 and 0x0303, first byte. */
#define E810_PFC_MODE_VLAN		1
#define E810_PFC_MODE_DSCP		2

/** 0x0400. */
struct e810_aqc_get_topo {
	uint8_t port_num;
	uint8_t num_branches;
	rte_le16_t reserved1;
	rte_le32_t reserved2;
	rte_le32_t addr_high;
	rte_le32_t addr_low;
};

/** 0x0401 to 0x040A and 0x040F. */
struct e810_aqc_sched_elem_cmd {
	rte_le16_t num_elem_req;
	rte_le16_t num_elem_resp;
	rte_le32_t reserved;
	rte_le32_t addr_high;
	rte_le32_t addr_low;
};

/** Properties of a scheduler node, 16 bytes. */
struct e810_sched_elem {
	uint8_t elem_type;
#define E810_ELEM_TYPE_UNDEFINED	0x0
#define E810_ELEM_TYPE_ROOT_PORT	0x1
#define E810_ELEM_TYPE_TC		0x2
#define E810_ELEM_TYPE_SE_GENERIC	0x3
#define E810_ELEM_TYPE_ENTRY_POINT	0x4
#define E810_ELEM_TYPE_LEAF		0x5
#define E810_ELEM_TYPE_SE_PADDED	0x6
	uint8_t valid_sections;
#define E810_ELEM_VALID_GENERIC		0x01
#define E810_ELEM_VALID_CIR		0x02
#define E810_ELEM_VALID_EIR		0x04
#define E810_ELEM_VALID_SHARED		0x08
	uint8_t generic;
	uint8_t flags;
#define E810_ELEM_FLAG_SUSPEND		0x01
	rte_le16_t cir_profile;
	rte_le16_t cir_alloc;
	rte_le16_t eir_profile;
	rte_le16_t eir_alloc;
	rte_le16_t srl_id;
	rte_le16_t reserved2;
};
#define E810_SCHED_DFLT_RL_PROF_ID	0
#define E810_SCHED_DFLT_BW_WT		4

struct e810_sched_elem_data {
	rte_le32_t parent_teid;
	rte_le32_t node_teid;
	struct e810_sched_elem data;
};
#define E810_INVAL_TEID			UINT32_MAX

struct e810_sched_group_hdr {
	rte_le32_t parent_teid;
	rte_le16_t num_elems;
	rte_le16_t reserved2;
};

/** 0x0401: one group in the buffer. */
struct e810_aqc_add_elem {
	struct e810_sched_group_hdr hdr;
	struct e810_sched_elem_data generic[];
};

#define E810_SCHED_MAX_LAYERS		9
/** 0x0400: the buffer holds one of these a branch. */
struct e810_aqc_get_topo_elem {
	struct e810_sched_group_hdr hdr;
	struct e810_sched_elem_data generic[E810_SCHED_MAX_LAYERS];
};

/** 0x040F and 0x0409/0x040A use `teid` arrays. */
struct e810_aqc_delete_elem {
	struct e810_sched_group_hdr hdr;
	rte_le32_t teid[];
};

/** 0x0408: `teid` nodes move to another parent. */
struct e810_aqc_move_elem {
	rte_le32_t src_parent_teid;
	rte_le32_t dest_parent_teid;
	rte_le16_t num_elems;
	uint8_t flags;
	uint8_t reserved;
	rte_le32_t teid[];
};

/** 0x040E. */
struct e810_aqc_query_port_ets {
	rte_le32_t port_teid;
	rte_le32_t reserved;
	rte_le32_t addr_high;
	rte_le32_t addr_low;
};

/** 0x040E, buffer: 64 bytes. */
struct e810_aqc_port_ets {
	uint8_t tc_valid_bits;
	uint8_t reserved[3];
	rte_le32_t up2tc;		/* 3 bits a user priority */
	uint8_t tc_bw_share[8];
	rte_le32_t port_eir_prof_id;
	rte_le32_t port_cir_prof_id;
	rte_le32_t tc_node_prio;	/* 3 bits a traffic class, in nibbles */
	rte_le32_t reserved1;
	rte_le32_t tc_node_teid[8];
};

/** 0x0410, 0x0411 and 0x0415. */
struct e810_aqc_rl_profile_cmd {
	rte_le16_t num_profiles;
	rte_le16_t num_processed;	/* response */
	rte_le32_t reserved;
	rte_le32_t addr_high;
	rte_le32_t addr_low;
};

/** Rate limit profile, 12 bytes. */
struct e810_rl_profile {
	uint8_t level;
	uint8_t flags;
#define E810_RL_PROFILE_TYPE_M		0x03
#define E810_RL_PROFILE_TYPE_CIR	0
#define E810_RL_PROFILE_TYPE_EIR	1
#define E810_RL_PROFILE_TYPE_SRL	2
#define E810_RL_PROFILE_INVAL		0x80	/* query: there is none */
	rte_le16_t profile_id;
	rte_le16_t max_burst_size;
	rte_le16_t rl_multiply;
	rte_le16_t wake_up_calc;
	rte_le16_t rl_encode;
};

/** 0x0413. */
struct e810_aqc_query_node_to_root {
	rte_le32_t teid;
	rte_le32_t num_nodes;		/* response */
	rte_le32_t addr_high;
	rte_le32_t addr_low;
};

/** 0x0412, buffer. */
struct e810_sched_props {
	rte_le16_t phys_levels;
	rte_le16_t logical_levels;
	uint8_t flattening_bitmap;
	uint8_t max_device_cgds;
	uint8_t max_pf_cgds;
	uint8_t rsvd0;
	rte_le16_t rdma_qsets;
	uint8_t rsvd1[22];
};

struct e810_sched_layer_props {
	uint8_t logical_layer;
	uint8_t chunk_size;
	rte_le16_t max_device_nodes;
	rte_le16_t max_pf_nodes;
	uint8_t rsvd0[4];
	rte_le16_t max_sibl_grp_sz;
	rte_le16_t max_cir_rl_profiles;
	rte_le16_t max_eir_rl_profiles;
	rte_le16_t max_srl_profiles;
	uint8_t rsvd1[14];
};

struct e810_aqc_query_sched_res {
	struct e810_sched_props sched;
	struct e810_sched_layer_props layer[E810_SCHED_MAX_LAYERS];
};

/** 0x0600. */
struct e810_aqc_get_phy_caps {
	uint8_t lport_num;
	uint8_t reserved;
	rte_le16_t param0;
#define E810_PHY_RPT_QUAL_MODULES	0x0001
#define E810_PHY_REPORT_MODE_M		0x000E
#define E810_PHY_REPORT_TOPO_NO_MEDIA	0x0000
#define E810_PHY_REPORT_TOPO_MEDIA	0x0002
#define E810_PHY_REPORT_ACTIVE_CFG	0x0004
#define E810_PHY_REPORT_DFLT_CFG	0x0008
	rte_le32_t reserved1;
	rte_le32_t addr_high;
	rte_le32_t addr_low;
};

#define E810_PHY_LOW_1000BASE_T		E810_BIT64(2)
#define E810_PHY_LOW_10G_SFI_DA		E810_BIT64(13)
#define E810_PHY_LOW_10GBASE_SR		E810_BIT64(14)
#define E810_PHY_LOW_10GBASE_LR		E810_BIT64(15)
#define E810_PHY_LOW_10GBASE_KR_CR1	E810_BIT64(16)
#define E810_PHY_LOW_25GBASE_CR		E810_BIT64(20)
#define E810_PHY_LOW_25GBASE_SR		E810_BIT64(23)
#define E810_PHY_LOW_25GBASE_LR		E810_BIT64(24)
#define E810_PHY_LOW_25GBASE_KR		E810_BIT64(25)
#define E810_PHY_LOW_40GBASE_CR4	E810_BIT64(30)
#define E810_PHY_LOW_40GBASE_SR4	E810_BIT64(31)
#define E810_PHY_LOW_40GBASE_LR4	E810_BIT64(32)
#define E810_PHY_LOW_40GBASE_KR4	E810_BIT64(33)
#define E810_PHY_LOW_50GBASE_CR2	E810_BIT64(36)
#define E810_PHY_LOW_50GBASE_SR2	E810_BIT64(37)
#define E810_PHY_LOW_50GBASE_LR2	E810_BIT64(38)
#define E810_PHY_LOW_50GBASE_KR2	E810_BIT64(39)
#define E810_PHY_LOW_50GBASE_SR		E810_BIT64(45)
#define E810_PHY_LOW_100GBASE_CR4	E810_BIT64(51)
#define E810_PHY_LOW_100GBASE_SR4	E810_BIT64(52)
#define E810_PHY_LOW_100GBASE_LR4	E810_BIT64(53)
#define E810_PHY_LOW_100GBASE_KR4	E810_BIT64(54)

/** 0x0600, buffer: 560 bytes with the 16 qualified modules. */
struct e810_aqc_phy_caps {
	rte_le64_t phy_type_low;
	rte_le64_t phy_type_high;
	uint8_t caps;
#define E810_PHY_EN_TX_LINK_PAUSE	0x01
#define E810_PHY_EN_RX_LINK_PAUSE	0x02
#define E810_PHY_LOW_POWER_MODE		0x04
#define E810_PHY_EN_LINK		0x08
#define E810_PHY_AN_MODE		0x10
#define E810_PHY_EN_MOD_QUAL		0x20
#define E810_PHY_EN_LESM		0x40
#define E810_PHY_EN_AUTO_FEC		0x80
	uint8_t low_power_ctrl_an;
#define E810_PHY_AN_CLAUSE73		0x04	/* copper cables and backplanes negotiate */
	rte_le16_t eee_cap;
	rte_le16_t eeer_value;
	uint8_t phy_id_oui[4];
	uint8_t phy_fw_ver[8];
	uint8_t link_fec_options;
#define E810_PHY_FEC_10G_KR_EN		0x01
#define E810_PHY_FEC_10G_KR_REQ		0x02
#define E810_PHY_FEC_25G_RS_528_REQ	0x04
#define E810_PHY_FEC_25G_KR_REQ		0x08
#define E810_PHY_FEC_25G_RS_544_REQ	0x10
#define E810_PHY_FEC_DIS		0x20
#define E810_PHY_FEC_25G_RS_EN		0x40
#define E810_PHY_FEC_25G_KR_EN		0x80
	uint8_t module_compliance_enforcement;
	uint8_t extended_compliance_code;
	uint8_t module_type[3];
	uint8_t qualified_module_count;
	uint8_t rsvd2[7];
	uint8_t qual_modules[16][32];
};

/** 0x0601. */
struct e810_aqc_set_phy_cfg {
	uint8_t lport_num;
	uint8_t reserved[7];
	rte_le32_t addr_high;
	rte_le32_t addr_low;
};

/** 0x0601, buffer: 24 bytes. */
struct e810_aqc_phy_cfg {
	rte_le64_t phy_type_low;
	rte_le64_t phy_type_high;
	uint8_t caps;			/* as E810_PHY_EN_*, plus: */
#define E810_PHY_ENA_AUTO_LINK_UPDT	0x20	/* apply now, no restart needed */
	uint8_t low_power_ctrl_an;
	rte_le16_t eee_cap;
	rte_le16_t eeer_value;
	uint8_t link_fec_opt;
	uint8_t module_compliance_enforcement;
};

/** 0x0603. */
struct e810_aqc_set_mac_cfg {
	rte_le16_t max_frame_size;
#define E810_MAX_FRAME_SIZE		9728
	uint8_t params;
	uint8_t tx_tmr_priority;
	rte_le16_t tx_tmr_value;
	rte_le16_t fc_refresh_threshold;
	uint8_t drop_opts;
	uint8_t reserved[7];
};

/** 0x0605. */
struct e810_aqc_restart_an {
	uint8_t lport_num;
	uint8_t reserved;
	uint8_t cmd_flags;
#define E810_RESTART_AN_LINK_RESTART	0x02
#define E810_RESTART_AN_LINK_ENABLE	0x04
	uint8_t reserved2[13];
};

/** 0x0607, command, response and event. */
struct e810_aqc_get_link_status {
	uint8_t lport_num;
	uint8_t reserved;
	rte_le16_t cmd_flags;
#define E810_LSE_M			0x3
#define E810_LSE_NOP			0x0
#define E810_LSE_DIS			0x2
#define E810_LSE_ENA			0x3
#define E810_LSE_IS_ENABLED		0x1	/* response */
	rte_le32_t reserved2;
	rte_le32_t addr_high;
	rte_le32_t addr_low;
};

/** 0x0607, buffer: 32 bytes, of which firmware API 1.5 writes all. */
struct e810_aqc_link_status {
	uint8_t topo_media_conflict;
#define E810_LINK_MEDIA_CONFLICT	0x02
#define E810_LINK_TOPO_UNSUPP_MEDIA	0x80
	uint8_t link_cfg_err;
#define E810_LINK_CFG_ERR		0x01
#define E810_LINK_MODULE_POWER_UNSUPPORTED	0x20
	uint8_t link_info;
#define E810_LINK_UP			0x01
#define E810_LINK_FAULT			0x02
#define E810_LINK_FAULT_TX		0x04
#define E810_LINK_FAULT_RX		0x08
#define E810_LINK_FAULT_REMOTE		0x10
#define E810_LINK_UP_PORT		0x20
#define E810_MEDIA_AVAILABLE		0x40
#define E810_SIGNAL_DETECT		0x80
	uint8_t an_info;
#define E810_AN_COMPLETED		0x01
#define E810_LP_AN_ABILITY		0x02
#define E810_PD_FAULT			0x04	/* parallel detection found no common type */
#define E810_FEC_EN			0x08
#define E810_LINK_PAUSE_TX		0x20
#define E810_LINK_PAUSE_RX		0x40
#define E810_QUALIFIED_MODULE		0x80
	uint8_t ext_info;
	uint8_t lb_status;
#define E810_LINK_LB_MAC		0x04
	rte_le16_t max_frame_size;
	uint8_t cfg;
#define E810_LINK_25G_KR_FEC_EN		0x01
#define E810_LINK_25G_RS_528_FEC_EN	0x02
#define E810_LINK_25G_RS_544_FEC_EN	0x04
	uint8_t power_desc;
	rte_le16_t link_speed;
#define E810_LINK_SPEED_10MB		0x0001
#define E810_LINK_SPEED_100MB		0x0002
#define E810_LINK_SPEED_1000MB		0x0004
#define E810_LINK_SPEED_2500MB		0x0008
#define E810_LINK_SPEED_5GB		0x0010
#define E810_LINK_SPEED_10GB		0x0020
#define E810_LINK_SPEED_20GB		0x0040
#define E810_LINK_SPEED_25GB		0x0080
#define E810_LINK_SPEED_40GB		0x0100
#define E810_LINK_SPEED_50GB		0x0200
#define E810_LINK_SPEED_100GB		0x0400
#define E810_LINK_SPEED_UNKNOWN		0x8000
	rte_le32_t reserved3;
	rte_le64_t phy_type_low;
	rte_le64_t phy_type_high;
};

/** 0x0613. */
struct e810_aqc_set_event_mask {
	uint8_t lport_num;
	uint8_t reserved[7];
	rte_le16_t event_mask;		/* set: the event is masked */
#define E810_LINK_EVENT_UPDOWN		0x0002
#define E810_LINK_EVENT_MEDIA_NA	0x0004
#define E810_LINK_EVENT_LINK_FAULT	0x0008
#define E810_LINK_EVENT_PHY_TEMP_ALARM	0x0010
#define E810_LINK_EVENT_EXCESSIVE_ERRORS	0x0020
#define E810_LINK_EVENT_SIGNAL_DETECT	0x0040
#define E810_LINK_EVENT_AN_COMPLETED	0x0080
#define E810_LINK_EVENT_MODULE_QUAL_FAIL	0x0100
#define E810_LINK_EVENT_PORT_TX_SUSPENDED	0x0200
#define E810_LINK_EVENT_TOPO_CONFLICT	0x0400
#define E810_LINK_EVENT_MEDIA_CONFLICT	0x0800
	uint8_t reserved1[6];
};

/** 0x0620. */
struct e810_aqc_set_mac_lb {
	uint8_t lb_mode;
#define E810_MAC_LB_EN			0x01
	uint8_t reserved[15];
};

/** 0x06E9. */
struct e810_aqc_set_port_id_led {
	uint8_t lport_num;
	uint8_t lport_num_valid;
	uint8_t ident_mode;
#define E810_PORT_IDENT_LED_BLINK	0x01
#define E810_PORT_IDENT_LED_ORIG	0x00
	uint8_t rsvd[13];
};

/** 0x06EE. */
struct e810_aqc_sff_eeprom {
	uint8_t lport_num;
	uint8_t lport_num_valid;
	rte_le16_t i2c_bus_addr;
#define E810_SFF_IS_WRITE		0x8000
#define E810_SFF_SET_PAGE_M		0x1800	/* 0: leave the module's page alone */
#define E810_SFF_SET_PAGE_S		11
#define E810_SFF_I2C_ADDR_M		0x03FF
	rte_le16_t i2c_mem_addr;
	rte_le16_t eeprom_page;		/* [7:0] bank, [15:8] page */
	rte_le32_t addr_high;
	rte_le32_t addr_low;
};

/** 0x0701. */
struct e810_aqc_nvm {
	rte_le16_t offset_low;
	uint8_t offset_high;
	uint8_t cmd_flags;
#define E810_NVM_LAST_CMD		0x01
#define E810_NVM_FLASH_ONLY		0x80	/* the flash, not the shadow RAM */
	rte_le16_t module_typeid;
	rte_le16_t length;
	rte_le32_t addr_high;
	rte_le32_t addr_low;
};

/** 0x0706. */
struct e810_aqc_nvm_checksum {
	uint8_t flags;
#define E810_NVM_CHECKSUM_VERIFY	0x01
	uint8_t rsvd;
	rte_le16_t checksum;
#define E810_NVM_CHECKSUM_CORRECT	0xBABA
	uint8_t rsvd2[12];
};

/** 0x0A00. */
struct e810_aqc_lldp_get_mib {
	uint8_t type;
	uint8_t reserved;
	rte_le16_t local_len;
	rte_le16_t remote_len;
	uint8_t reserved2[2];
	rte_le32_t addr_high;
	rte_le32_t addr_low;
};

/** 0x0A01, 0x0A09 and 0x0A0A: first byte. */
struct e810_aqc_lldp_ctrl {
	uint8_t command;
	uint8_t reserved;
	rte_le16_t vsi_num;		/* 0x0A0A */
	uint8_t reserved2[12];
};

/** 0x0A05. */
struct e810_aqc_lldp_stop {
	uint8_t command;
#define E810_LLDP_AGENT_SHUTDOWN	0x01
#define E810_LLDP_AGENT_PERSIST_DIS	0x02
	uint8_t reserved[15];
};

/** 0x0A06. */
struct e810_aqc_lldp_start {
	uint8_t command;
#define E810_LLDP_AGENT_START		0x01
#define E810_LLDP_AGENT_PERSIST_ENA	0x02
	uint8_t reserved[15];
};

/** 0x0B02 and 0x0B04: key of 40 + 12 bytes. */
struct e810_aqc_rss_key {
	rte_le16_t vsi_id;
#define E810_RSS_VSI_VALID		0x8000
	uint8_t reserved[6];
	rte_le32_t addr_high;
	rte_le32_t addr_low;
};
#define E810_RSS_KEY_BYTES		52

/** 0x0B03 and 0x0B05. */
struct e810_aqc_rss_lut {
	rte_le16_t vsi_id;
	rte_le16_t flags;
#define E810_RSS_LUT_TYPE_M		0x0003
#define E810_RSS_LUT_TYPE_VSI		0x0000
#define E810_RSS_LUT_TYPE_PF		0x0001
#define E810_RSS_LUT_TYPE_GLOBAL	0x0002
#define E810_RSS_LUT_SIZE_S		2	/* 0: 128 (VSI: 64), 1: 512, 2: 2048 */
#define E810_RSS_LUT_SIZE_M		0x000C
#define E810_RSS_LUT_GLOBAL_S		4	/* which global LUT */
#define E810_RSS_LUT_GLOBAL_M		0x00F0
	rte_le32_t reserved;
	rte_le32_t addr_high;
	rte_le32_t addr_low;
};

/** 0x0C30. */
struct e810_aqc_add_txqs {
	uint8_t num_qgrps;
	uint8_t reserved[3];
	rte_le32_t reserved1;
	rte_le32_t addr_high;
	rte_le32_t addr_low;
};

struct e810_aqc_add_txqs_perq {
	rte_le16_t txq_id;
	uint8_t rsvd[2];
	rte_le32_t q_teid;		/* response */
	uint8_t txq_ctx[22];		/* E810_TLAN_CTX_* */
	uint8_t rsvd2[2];
	struct e810_sched_elem info;
};

struct e810_aqc_add_tx_qgrp {
	rte_le32_t parent_teid;
	uint8_t num_txqs;
	uint8_t rsvd[3];
	struct e810_aqc_add_txqs_perq txqs[];
};

/** 0x0C31. */
struct e810_aqc_dis_txqs {
	uint8_t cmd_type;
#define E810_Q_DIS_CMD_M		0x03
#define E810_Q_DIS_CMD_NO_FUNC_RESET	0x00
#define E810_Q_DIS_CMD_FLUSH_PIPE	0x08
	uint8_t num_entries;
	rte_le16_t vmvf_and_timeout;
#define E810_Q_DIS_TIMEOUT_S		10	/* in 100 µs */
	rte_le32_t blocked_cgds;
	rte_le32_t addr_high;
	rte_le32_t addr_low;
};

/** 0x0C31, buffer; with an even number of queues two pad bytes follow each item. */
struct e810_aqc_dis_txq_item {
	rte_le32_t parent_teid;
	uint8_t num_qs;
	uint8_t rsvd;
	rte_le16_t q_id[];
} __rte_packed;

/** 0x0C43, buffer: count, then the packages. */
struct e810_aqc_pkg_info {
	uint8_t ver_major;
	uint8_t ver_minor;
	uint8_t ver_update;
	uint8_t ver_draft;
	char name[28];
	rte_le32_t track_id;
	uint8_t is_in_nvm;
	uint8_t is_active;
	uint8_t is_active_at_boot;
	uint8_t is_modified;
};

/** 0x0C90. */
struct e810_aqc_driver_shared_params {
	uint8_t op;
#define E810_DRIVER_PARAM_GET		0x01
	uint8_t index;
#define E810_DRIVER_PARAM_MAX		16
	uint8_t rsvd[2];
	rte_le32_t value;
	rte_le32_t addr_high;
	rte_le32_t addr_low;
};

/* ---------------------------------------------------------------- queue contexts ------------ */

/*
 * A context field is (first bit, width) in the little-endian bit string of the context. Receive
 * contexts (section 10.4.3.1) are 32 bytes in QRX_CONTEXT; transmit contexts (section 10.5.3.1)
 * are 22 bytes in the Add LAN Tx Queues buffer.
 */
#define E810_RLAN_CTX_BYTES		32
#define E810_RLAN_CTX_HEAD		0, 13
#define E810_RLAN_CTX_CPUID		13, 8
#define E810_RLAN_CTX_BASE		32, 57	/* in 128 bytes */
#define E810_RLAN_CTX_QLEN		89, 13
#define E810_RLAN_CTX_DBUF		102, 7	/* in 128 bytes */
#define E810_RLAN_CTX_HBUF		109, 5	/* in 64 bytes */
#define E810_RLAN_CTX_DTYPE		114, 2	/* 0: one buffer a descriptor */
#define E810_RLAN_CTX_DSIZE		116, 1	/* 1: 32-byte descriptors */
#define E810_RLAN_CTX_CRCSTRIP		117, 1
#define E810_RLAN_CTX_L2TSEL		119, 1	/* the first tag goes to: 1 L2TAG1, 0 L2TAG2_2ND */
#define E810_RLAN_CTX_HSPLIT_0		120, 4
#define E810_RLAN_CTX_HSPLIT_1		124, 2
#define E810_RLAN_CTX_SHOWIV		127, 1
#define E810_RLAN_CTX_RXMAX		174, 14
#define E810_RLAN_CTX_TPHRDESC_ENA	193, 1
#define E810_RLAN_CTX_TPHWDESC_ENA	194, 1
#define E810_RLAN_CTX_TPHDATA_ENA	195, 1
#define E810_RLAN_CTX_TPHHEAD_ENA	196, 1
#define E810_RLAN_CTX_LRXQTHRESH	198, 3	/* in 64 descriptors */
#define E810_RLAN_CTX_PREFENA		201, 1	/* must be 1 */
#define E810_RLAN_BASE_UNIT		128
#define E810_RLAN_DBUF_UNIT		128
#define E810_RLAN_RXMAX_MAX_CHAIN	5	/* buffers a packet */

#define E810_TLAN_CTX_BYTES		22
#define E810_TLAN_CTX_BASE		0, 57	/* in 128 bytes */
#define E810_TLAN_CTX_PORT_NUM		57, 3
#define E810_TLAN_CTX_CGD_NUM		60, 5
#define E810_TLAN_CTX_PF_NUM		65, 3
#define E810_TLAN_CTX_VMVF_NUM		68, 10
#define E810_TLAN_CTX_VMVF_TYPE		78, 2
#define E810_TLAN_VMVF_TYPE_PF		2
#define E810_TLAN_CTX_SRC_VSI		80, 10
#define E810_TLAN_CTX_TSYN_ENA		90, 1
#define E810_TLAN_CTX_CPUID		93, 8
#define E810_TLAN_CTX_WB_MODE		101, 1
#define E810_TLAN_CTX_QNUM_IN_FUNC	114, 14
#define E810_TLAN_CTX_ITR_NOTIF_MODE	128, 1
#define E810_TLAN_CTX_QLEN		135, 13
#define E810_TLAN_CTX_TSO_ENA		152, 1
#define E810_TLAN_CTX_TSO_QNUM		153, 11
#define E810_TLAN_CTX_LEGACY_INT	164, 1	/* 1: "advanced" host interface is off */
#define E810_TLAN_CTX_DROP_ENA		165, 1

#define E810_RING_MIN			64
#define E810_RING_MAX			8160
#define E810_RING_MULTIPLE		32

/* ---------------------------------------------------------------- descriptors --------------- */

/** Receive descriptor as the driver posts it (the first 16 bytes of either size). */
struct e810_rx_desc_read {
	rte_le64_t pkt_addr;
	rte_le64_t hdr_addr;		/* bit 0 must be 0: it is DD after write-back */
};

/** Legacy receive descriptor, write-back, first 16 bytes (section 10.4.2.1). */
struct e810_rx_desc_legacy {
	rte_le16_t mirroring_status;
	rte_le16_t l2tag1;
	rte_le32_t rss;
	rte_le64_t status_error_len;
#define E810_RXD_QW1_DD			E810_BIT64(0)
#define E810_RXD_QW1_EOF		E810_BIT64(1)
#define E810_RXD_QW1_L2TAG1P		E810_BIT64(2)
#define E810_RXD_QW1_L3L4P		E810_BIT64(3)
#define E810_RXD_QW1_CRCP		E810_BIT64(4)
#define E810_RXD_QW1_UMBCAST_S		9	/* 0 unicast, 1 multicast, 2 broadcast */
#define E810_RXD_QW1_FLTSTAT_S		12	/* 2 bits */
#define E810_RXD_FLTSTAT_RSS_HASH	UINT64_C(3)
#define E810_RXD_QW1_LPBK		E810_BIT64(14)
#define E810_RXD_QW1_ERROR_RXE		E810_BIT64(19)
#define E810_RXD_QW1_ERROR_IPE		E810_BIT64(22)
#define E810_RXD_QW1_ERROR_L4E		E810_BIT64(23)
#define E810_RXD_QW1_ERROR_OVERSIZE	E810_BIT64(25)
#define E810_RXD_QW1_PTYPE_S		30
#define E810_RXD_QW1_LEN_PBUF_S		38
#define E810_RXD_QW1_LEN_PBUF_M		(UINT64_C(0x3FFF) << 38)
};

/** Flexible receive descriptor, NIC profile (RXDID 2), write-back, first 16 bytes. */
struct e810_rx_desc_flex {
	uint8_t rxdid;
	uint8_t mir_id_umb_cast;	/* [5:0] mirror id, [7:6] umbcast */
	rte_le16_t ptype_flex_flags0;	/* [9:0] ptype */
	rte_le16_t pkt_len;		/* [13:0] */
	rte_le16_t hdr_len_sph_flex_flags1;
	rte_le16_t status_error0;
#define E810_RXD_FLEX_STATUS0_DD	0x0001
#define E810_RXD_FLEX_STATUS0_EOF	0x0002
#define E810_RXD_FLEX_STATUS0_HBO	0x0004
#define E810_RXD_FLEX_STATUS0_L3L4P	0x0008
#define E810_RXD_FLEX_STATUS0_IPE	0x0010
#define E810_RXD_FLEX_STATUS0_L4E	0x0020
#define E810_RXD_FLEX_STATUS0_EIPE	0x0040
#define E810_RXD_FLEX_STATUS0_EUDPE	0x0080
#define E810_RXD_FLEX_STATUS0_LPBK	0x0100
#define E810_RXD_FLEX_STATUS0_IPV6EXADD	0x0200
#define E810_RXD_FLEX_STATUS0_RXE	0x0400
#define E810_RXD_FLEX_STATUS0_CRCP	0x0800
#define E810_RXD_FLEX_STATUS0_RSS_VALID	0x1000
#define E810_RXD_FLEX_STATUS0_L2TAG1P	0x2000
	rte_le16_t l2tag1;
	rte_le32_t rss_hash;
};
#define E810_RXDID_LEGACY_0		0
#define E810_RXDID_LEGACY_1		1
#define E810_RXDID_FLEX_NIC		2
#define E810_RXDID_FLEX_NIC_2		6
#define E810_RXDID_COMMS_OVS		22
#define E810_RXD_FLEX_PTYPE_M		0x03FF
#define E810_RXD_FLEX_PKT_LEN_M		0x3FFF

/** Second 16 bytes of a 32-byte flexible descriptor. */
struct e810_rx_desc_flex_hi {
	rte_le16_t status_error1;
#define E810_RXD_FLEX_STATUS1_L2TAG2P	0x0800
#define E810_RXD_LEGACY_EXT_L2TAG2P	0x0001	/* the legacy layout has it here */
	uint8_t flex_flags2;
	uint8_t ts_low;
	rte_le16_t l2tag2_1st;
	rte_le16_t l2tag2_2nd;
	rte_le32_t flow_id;
	rte_le32_t ts_high;
};

/* Packet types without a package: those of the device's default parser (section 7.6). */
#define E810_PTYPE_MAC_PAY		1
#define E810_PTYPE_MAC_ARP		11
#define E810_PTYPE_IPV4_FRAG		22
#define E810_PTYPE_IPV4			23
#define E810_PTYPE_IPV4_UDP		24
#define E810_PTYPE_IPV4_TCP		26
#define E810_PTYPE_IPV4_SCTP		27
#define E810_PTYPE_IPV4_ICMP		28
#define E810_PTYPE_IPV6_FRAG		88
#define E810_PTYPE_IPV6			89
#define E810_PTYPE_IPV6_UDP		90
#define E810_PTYPE_IPV6_TCP		92
#define E810_PTYPE_IPV6_SCTP		93
#define E810_PTYPE_IPV6_ICMP		94

/** Transmit descriptor, data or context (section 10.5.2). */
struct e810_tx_desc {
	rte_le64_t buf_addr;
	rte_le64_t cmd_type_offset_bsz;
#define E810_TXD_QW1_DTYPE_M		UINT64_C(0xF)
#define E810_TXD_DTYPE_DATA		0x0
#define E810_TXD_DTYPE_CTX		0x1
#define E810_TXD_DTYPE_FLTR_PROG	0x8
#define E810_TXD_DTYPE_DESC_DONE	0xF
#define E810_TXD_QW1_CMD_S		4
#define E810_TXD_CMD_EOP		0x001
#define E810_TXD_CMD_RS			0x002
#define E810_TXD_CMD_IL2TAG1		0x008
#define E810_TXD_CMD_DUMMY		0x010
#define E810_TXD_CMD_IIPT_M		0x060
#define E810_TXD_CMD_IIPT_IPV6		0x020
#define E810_TXD_CMD_IIPT_IPV4		0x040
#define E810_TXD_CMD_IIPT_IPV4_CSUM	0x060
#define E810_TXD_CMD_L4T_M		0x300
#define E810_TXD_CMD_L4T_TCP		0x100
#define E810_TXD_CMD_L4T_SCTP		0x200
#define E810_TXD_CMD_L4T_UDP		0x300
#define E810_TXD_CMD_RE			0x400
#define E810_TXD_QW1_MACLEN_S		16	/* in 2 bytes, 7 bits */
#define E810_TXD_QW1_IPLEN_S		23	/* in 4 bytes, 7 bits */
#define E810_TXD_QW1_L4LEN_S		30	/* in 4 bytes, 4 bits */
#define E810_TXD_QW1_BUF_SZ_S		34
#define E810_TXD_QW1_BUF_SZ_M		(UINT64_C(0x3FFF) << 34)
#define E810_TXD_QW1_L2TAG1_S		48
};
/** Context descriptor: commands stand in the second quadword as those of data descriptors do. */
#define E810_TXD_CTX_CMD_M		0x7F
#define E810_TXD_CTX_CMD_TSO		0x01
#define E810_TXD_CTX_CMD_TSYN		0x02
#define E810_TXD_CTX_CMD_IL2TAG2	0x04
#define E810_TXD_CTX_CMD_IL2TAG2_IL2H	0x08	/* into the inner MAC header of a tunnel */
#define E810_TXD_CTX_CMD_SWTCH_M	0x30
#define E810_TXD_CTX_CMD_SWTCH_UPLINK	0x10
#define E810_TXD_CTX_CMD_SWTCH_LOCAL	0x20
#define E810_TXD_CTX_CMD_SWTCH_VSI	0x30
#define E810_TXD_CTX_QW1_TLEN_S		30	/* payload of a packet to segment, 18 bits */
#define E810_TXD_CTX_QW1_TLEN_M		UINT64_C(0x3FFFF)
#define E810_TXD_CTX_QW1_MSS_S		50
#define E810_TXD_CTX_QW1_MSS_M		UINT64_C(0x3FFF)
/* Its first quadword: the outer headers of a tunnel, and the second tag. */
#define E810_TXD_CTX_QW0_EIPT_M		0x3
#define E810_TXD_CTX_QW0_EIPT_NONE	0x0
#define E810_TXD_CTX_QW0_EIPT_IPV6	0x1
#define E810_TXD_CTX_QW0_EIPT_IPV4	0x2
#define E810_TXD_CTX_QW0_EIPT_IPV4_CSUM	0x3
#define E810_TXD_CTX_QW0_EIPLEN_S	2	/* in 4 bytes, 7 bits */
#define E810_TXD_CTX_QW0_L4TUNT_M	0x600
#define E810_TXD_CTX_QW0_L4TUNT_UDP	0x200
#define E810_TXD_CTX_QW0_L4TUNT_GRE	0x400
#define E810_TXD_CTX_QW0_EIP_NOINC	0x800	/* segments have one outer IPv4 identification */
#define E810_TXD_CTX_QW0_NATLEN_S	12	/* in 2 bytes, 7 bits */
#define E810_TXD_CTX_QW0_L4T_CS		0x800000	/* outer UDP checksum */
#define E810_TXD_CTX_QW0_L2TAG2_S	32
/** Data descriptors that one packet may span, and one segment with its header, section 10.5.2. */
#define E810_TX_MAX_DESC_PER_PKT	8
/** Those that the header of a packet to segment may span. */
#define E810_TX_MAX_TSO_HEADER_DESC	3
#define E810_TX_MIN_MSS			64
#define E810_TX_MAX_MSS			9674
#define E810_TX_MIN_LEN			17
#define E810_TX_MAX_BUF			(16384 - 1)

#include "e810_ddp_hw.h"

#endif /* E810_HW_H */
