/* Counts the ends of matches of expressions (one a line, argv[1]) in a file (argv[2]) with vectorscan, in block mode. */
#include <hs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *slurp(const char *path, size_t *size) {
	FILE *f = fopen(path, "rb");
	char *text = malloc(1);
	size_t room = 1;
	*size = 0;
	if (!f || !text) return NULL;
	for (size_t n;; *size += n) {
		if (room - *size < 1 << 20 && !(text = realloc(text, room = 2 * room + (2 << 20)))) return NULL;
		if ((n = fread(text + *size, 1, room - *size - 1, f)) == 0) break;
	}
	fclose(f);
	text[*size] = 0;
	return text;
}

static int count(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *total) {
	(void)id; (void)from; (void)to; (void)flags;
	++*(unsigned long long *)total;
	return 0;
}

int main(int argc, char **argv) {
	size_t n, size;
	char *list = argc == 3 ? slurp(argv[1], &n) : NULL, *text = argc == 3 ? slurp(argv[2], &size) : NULL;
	const char *exprs[1000];
	unsigned ids[1000], flags[1000], k = 0;
	hs_database_t *db = NULL;
	hs_compile_error_t *wrong = NULL;
	hs_scratch_t *scratch = NULL;
	unsigned long long total = 0;
	if (!list || !text) return 2;
	for (char *line = strtok(list, "\n"); line && k < 1000; line = strtok(NULL, "\n"), k++) exprs[k] = line, ids[k] = k, flags[k] = 0;
	if (hs_compile_multi(exprs, flags, ids, k, HS_MODE_BLOCK, NULL, &db, &wrong) != HS_SUCCESS) {
		fprintf(stderr, "expression %d: %s\n", wrong->expression, wrong->message);
		return 2;
	}
	if (hs_alloc_scratch(db, &scratch) != HS_SUCCESS) return 2;
	if (size && hs_scan(db, text, size, 0, scratch, count, &total) != HS_SUCCESS) return 2;
	printf("%llu\n", total);
	return 0;
}
