# SPDX-License-Identifier: MIT
# report.sh: the table at the end of the day, and the same as one HTML file
# that needs nothing beside itself. Sourced by demo.
# shellcheck shell=bash

COLUMNS_OF="serial snapshot subject origin mode before after ssh found"

html() { sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g'; }

report() {
	local u c
	printf '\n%-6s %-15s %-12s %-34s %-6s %-10s %-12s %-6s %-20s %s\n' \
	    unit serial snapshot "certificate subject" key mode "ports before" after "SSH from outside" secrets
	for u in $units; do
		printf '%-6s %-15s %-12.12s %-34.34s %-6s %-10s %-12s %-6s %-20s %s\n' "$u" \
		    "$(got "$u" serial)" "$(got "$u" snapshot)" "$(got "$u" subject)" \
		    "$(got "$u" origin)" "$(got "$u" mode)" "$(got "$u" before)" \
		    "$(got "$u" after)" "$(got "$u" ssh)" "$(got "$u" found)"
	done
	printf '\n'
	report_html >"$out/report.html"
	for u in $units; do
		for c in $COLUMNS_OF spki; do
			printf '%s\t%s\t%s\n' "$u" "$c" "$(got "$u" "$c")"
		done
	done >"$out/result.tsv"
	cp $LAB/claims "$out/claims.tsv"
}

report_html() {
	cat <<-END
		<!doctype html><html lang="en"><meta charset="utf-8"><title>Ingot: the factory day</title>
		<style>body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:76rem;padding:0 1rem;color:#1b1b1b}
		table{border-collapse:collapse;width:100%;margin:1rem 0}th,td{border-bottom:1px solid #ddd;padding:.4rem .6rem;text-align:left;vertical-align:top}
		td{font-variant-numeric:tabular-nums;overflow-wrap:anywhere}.kept{color:#0a6b2c}.broken{color:#b00020;font-weight:600}
		code{font-size:.92em}</style>
		<h1>The factory day</h1>
		<p>One golden gateway, three production units. Snapshot <code>$(got unit1 snapshot)</code>,
		$(date -u +%Y-%m-%dT%H:%MZ), $(bc_seconds | cut -d. -f1) s.</p>
		<table><tr><th>unit<th>serial<th>certificate subject<th>key (SPKI SHA-256)<th>origin<th>mode<th>ports before<th>ports after<th>SSH from outside<th>golden secrets</tr>
	END
	for u in $units; do
		printf '<tr><td>%s' "$u"
		for c in serial subject spki origin mode before after ssh found; do
			printf '<td>%s' "$(got "$u" "$c" | html)"
		done
		printf '</tr>\n'
	done
	printf '</table><h2>What was promised, and what was seen</h2><table>\n'
	sort -t$'\t' -k2 $LAB/claims | html | awk -F'\t' '{ printf "<tr><td class=\"%s\">%s<td>%s<td>%s</tr>\n", $1, $1, $2, $3 }'
	printf '</table><h2>Each unit&#39;s own verdict</h2>\n'
	for u in $units; do
		printf '<h3>%s</h3><pre>%s</pre>\n' "$u" "$(unit_do "$u" ingot verdict 2>&1 | html)"
	done
	printf '</html>\n'
}
