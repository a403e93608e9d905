# bash completion of ingot-provision; what it offers is what its help says
_ingot_provision() {
	local word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]}
	[ "$COMP_CWORD" -gt 1 ] || command=
	local commands options
	commands="help $(ingot-provision --help | sed -nE 's/^  ([a-z][a-z-]*) .*/\1/p')"
	options=$(ingot-provision $command --help 2>/dev/null | sed -nE 's/^  (--[a-z-]+).*/\1/p')
	case $word in
	-*) mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word") ;;
	*) [ "$COMP_CWORD" -gt 1 ] ||
	    mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$word") ;;
	esac
}
complete -o default -F _ingot_provision ingot-provision
