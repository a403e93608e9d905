/* SPDX-License-Identifier: MIT */
#ifndef CLI_OCPP_H
#define CLI_OCPP_H

#include "cli_in.h"

/* What the files of `ingot ocpp` share. */

/* One word behind `ingot ocpp`. */
struct ocpp_word {
	const char *name;
	int least, most; /* operands behind it */
	const char *operands;
	enum ctl_code (*run)(struct cli *);
};

/* Which verb of the command socket a question goes by: who may ask it. */
#define OCPP_LOOK   "ocpp-look"
#define OCPP_DO     "ocpp"
#define OCPP_ANSWER "ocpp-answer"

/* Asks ocpp_bridge; question is taken. On CODE_OK *reply is the caller's. */
enum ctl_code ocpp_ask(struct cli *, const char *by, const char *verb,
    json_t *question, json_t **reply, struct err *);
/* All charge points, however many pages that takes. */
enum ctl_code ocpp_chargers(struct cli *, json_t **reply, struct err *);

/* ocpp_show.c: for a person. rows: of the terminal, 0: all. */
void ocpp_show_status(const json_t *reply);
void ocpp_show_chargers(const json_t *reply, int rows);
void ocpp_show_line(const json_t *line);

/* ocpp_top.c, ocpp_talk.c */
enum ctl_code ocpp_top(struct cli *);
enum ctl_code ocpp_tail(struct cli *);
enum ctl_code ocpp_send(struct cli *);

/* Sleeps; false: a person pressed q or Ctrl-C. */
bool ocpp_wait(long ms);

#endif
