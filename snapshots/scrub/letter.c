/* SPDX-License-Identifier: MIT */
/*
 * The table of letter.h. Written out by ranges, so that it is a constant and
 * can be read beside the classes' words.
 */
#include "letter.h"

#define DIGIT   LETTER_DIGIT
#define UPPER   LETTER_UPPER
#define LOWER   LETTER_LOWER
#define CONTROL LETTER_CONTROL
#define HASH    LETTER_HASH

const uint16_t letter_classes[256] = {
	['\0' ... '\b'] = CONTROL,
	['\t'] = LETTER_BLANK,
	['\n'] = LETTER_END,
	['\v'] = CONTROL,
	['\r'] = LETTER_END,
	[0x0e ... 0x1a] = CONTROL,
	[0x1c ... 0x1f] = CONTROL, /* 0x1b colours a terminal */
	[' '] = LETTER_BLANK,
	['"'] = LETTER_QUOTE,
	['\''] = LETTER_QUOTE,
	['$'] = HASH,
	['*'] = HASH,
	['{'] = HASH,
	['%'] = LETTER_ESCAPE,
	['&'] = LETTER_ESCAPE,
	['\\'] = LETTER_ESCAPE,
	['+'] = LETTER_SUM,
	['/'] = LETTER_SUM,
	['='] = LETTER_SUM | LETTER_SIGN,
	[':'] = LETTER_SIGN,
	['>'] = LETTER_SIGN,
	['-'] = LETTER_DASH,
	['_'] = LETTER_DASH,
	['.'] = LETTER_DOT,
	['0' ... '9'] = DIGIT,
	['A' ... 'F'] = UPPER | LETTER_HEX_UPPER,
	['G' ... 'O'] = UPPER,
	['P'] = UPPER | HASH,
	['Q' ... 'R'] = UPPER,
	['S'] = UPPER | HASH,
	['T' ... 'Z'] = UPPER,
	['a'] = LOWER | LETTER_HEX_LOWER,
	['b'] = LOWER | LETTER_HEX_LOWER | HASH,
	['c' ... 'f'] = LOWER | LETTER_HEX_LOWER,
	['g'] = LOWER | HASH,
	['h'] = LOWER | HASH,
	['i' ... 'o'] = LOWER,
	['p'] = LOWER | HASH,
	['q' ... 'r'] = LOWER,
	['s'] = LOWER | HASH,
	['t' ... 'z'] = LOWER,
};
