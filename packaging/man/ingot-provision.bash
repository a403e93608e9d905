# bash completion of ingot-provision
_ingot_provision() {
	local word=${COMP_WORDS[COMP_CWORD]}
	local commands options
	commands=$(ingot-provision 2>&1 | sed -nE 's/^  ([a-z][a-z-]*) .*/\1/p')
	options=$(ingot-provision 2>&1 | grep -oE -- '--[a-z-]+' | sort -u)
	case $word in
	-*) mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word") ;;
	*) [ "$COMP_CWORD" -gt 1 ] ||
	    mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$word") ;;
	esac
}
complete -o default -F _ingot_provision ingot-provision
