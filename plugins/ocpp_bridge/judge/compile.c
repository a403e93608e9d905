/* SPDX-License-Identifier: MIT */
/*
 * Writes the tables as C. The order is that of the texts: the same texts give
 * the same bytes on every machine, as reproducible packages need.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "compile.h"

void
die(struct place_in at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)fprintf(
	    stderr, "%s:%d: ", at.file == NULL ? "shapes" : at.file, at.line);
	(void)vfprintf(stderr, fmt, ap);
	(void)fputc('\n', stderr);
	va_end(ap);
	exit(1);
}

static void
write_names(const struct tables *o)
{
	printf("const char shape_pool[] =");
	for (int i = 0; i < o->pool_len; i++)
		printf(o->pool[i] == '\0' ? "%s\\000" : "%s%c",
		    i == 0            ? "\n\t\""
			: i % 64 == 0 ? "\"\n\t\""
				      : "",
		    o->pool[i]);
	printf("\";\n\nconst struct shape_name shape_names[] = {");
	for (int i = 0; i < o->name_count; i++)
		printf("%s{ %d, %d },", i % 5 == 0 ? "\n\t" : " ",
		    o->names[i].at, o->names[i].len);
	printf("\n};\n\nconst uint8_t shape_slots[] = {");
	for (int i = 0; i < o->slot_count; i++)
		printf("%s%d,", i % 20 == 0 ? "\n\t" : " ", o->slots[i]);
	printf("\n};\n\nconst struct shape_set shape_sets[] = {\n");
	for (int i = 0; i < o->set_count; i++)
		printf("\t{ %uu, %d, %d, %d, %d },\n", o->sets[i].seed,
		    o->sets[i].names, o->sets[i].slots, o->sets[i].shift,
		    o->sets[i].count);
	printf("};\nconst int shape_set_count = %d;\n\n", o->set_count);
}

/* INT32_MIN has no literal in C. */
static void
write_limit(int32_t v)
{
	if (v == SHAPE_NO_LOW)
		printf("SHAPE_NO_LOW, ");
	else
		printf("%d, ", v);
}

static void
write_types(const struct tables *o)
{
	printf("const struct shape_type shape_types[] = {\n");
	for (int i = 0; i < o->type_count; i++) {
		printf("\t{ %d, %d, ", o->types[i].kind, o->types[i].ref);
		write_limit(o->types[i].low);
		write_limit(o->types[i].high);
		printf("},\n");
	}
	printf("};\n\nconst uint16_t shape_members[] = {");
	for (int i = 0; i < o->member_count; i++)
		printf("%s%d,", i % 12 == 0 ? "\n\t" : " ", o->members[i]);
	printf("\n};\n\nconst struct shape_object shape_objects[] = {\n");
	for (int i = 0; i < o->object_count; i++)
		printf("\t{ 0x%llxu, %d, %d, %d },\n",
		    (unsigned long long)o->objects[i].required,
		    o->objects[i].set, o->objects[i].types, o->objects[i].open);
	printf("};\n\n");
}

static void
write_actions(const struct tables *o)
{
	printf("const struct shape_action shape_actions[] = {\n");
	for (int i = 0; i < o->action_count; i++) {
		const struct shape_action *a = &o->actions[i];

		printf("\t{ { %d, %d }, %d, %d, %d, %d }, /* %.*s */\n",
		    a->name.at, a->name.len, a->request, a->answer, a->flags,
		    a->version, a->name.len, o->pool + a->name.at);
	}
	printf("};\nconst int shape_action_count = %d;\n\n", o->action_count);
	printf("const struct shape_version shape_versions[] = {\n");
	for (int v = 0; v < 3; v++)
		printf("\t{ %d, %d, %d },\n", o->versions[v].set,
		    o->versions[v].first, o->versions[v].count);
	printf("};\n");
}

int
main(int argc, char **argv)
{
	static struct texts t;
	static struct tables o;

	if (argc != 4) {
		(void)fprintf(stderr,
		    "usage: compile v16.shapes v201.shapes v21.shapes\n");
		return 1;
	}
	for (int v = 0; v < 3; v++)
		compile_read(argv[1 + v], v, &t);
	compile_tables(&t, &o);
	printf("/* Made by judge/compile.c from the *.shapes texts. */\n"
	       "#include \"shapes.h\"\n\n");
	write_names(&o);
	write_types(&o);
	write_actions(&o);
	return fflush(stdout) == 0 ? 0 : 1;
}
