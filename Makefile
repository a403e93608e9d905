# make              everything, into build/
# make check        installs what it needs, builds under gcc and clang, tests
# make test         the tests of this build; T=name runs one; SAN=1 sanitized
# make demo         the factory day: one golden unit, three production units
# make demo-line    ingot line: 20 units, and 20 of which five have something
# make torn         stops what changes something at every change; T=name, resumes
# make lint fuzz bench deb ipk install DESTDIR= compdb clean
#
# Rooms (agent/base, agent, snapshots, snapshots/import, firewall,
# provisioning) are static archives; who may know whom is said once, in the
# link lines below.

VERSION	:= 0.1.0
CFLAGS	?= -O2 -g
CFLAGS	+= -std=gnu11 -D_GNU_SOURCE -DINGOT_VERSION='"$(VERSION)"' -MMD -MP \
	   -fPIC -fvisibility=hidden -fstack-protector-strong -pthread \
	   -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes \
	   -Wmissing-prototypes -Wpointer-arith -Wwrite-strings -Wvla \
	   -Wimplicit-fallthrough -Wformat=2 \
	   -Iagent/base -Iagent -Iagent/apply -Iagent/hosts -Isnapshots \
	   -Isnapshots/fields -Isnapshots/scrub -Isnapshots/packages \
	   -Isnapshots/import -Ifirewall -Iprovisioning \
	   $(shell pkg-config --cflags libnl-3.0)
LDFLAGS	+= -Wl,--as-needed -Wl,-z,relro,-z,now -pthread
B	?= build
ifdef SAN
CFLAGS	+= -fsanitize=address,undefined -fno-sanitize-recover=all \
	   -fno-omit-frame-pointer
LDFLAGS	+= -fsanitize=address,undefined
B	:= $(B)/san
else
CFLAGS	+= -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
endif

BASE_LIBS	:= -lconfig -ljansson -lcrypto
IMPORT_LIBS	:= -lexpat -lyaml
SNAP_LIBS	:= -larchive -lzstd -lexpat -lyaml
PROV_LIBS	:= -lpaho-mqtt3as -ltss2-esys -ltss2-mu -ltss2-sys \
		   -ltss2-tcti-device -ltss2-tcti-swtpm -lsqlite3 -lssl
FIRE_LIBS	:= -lip4tc -lip6tc -lnl-3
AGENT_LIBS	:= -lseccomp -lcap-ng
OCPP_LIBS	:= -lssl -lmosquitto -lz

objects	= $(patsubst %.c,$B/%.o,$(filter-out $(2),$(wildcard $(1))))
MAINS	:= agent/ingotd.c agent/ingot-host.c agent/ingot-unpack.c \
	   agent/ingot-packager.c
BASE	:= $B/libbase.a
AGENT	:= $B/libagent.a
SNAP	:= $B/libsnapshots.a
IMPORT	:= $B/libimport.a
FIRE	:= $B/libfirewall.a
PROV	:= $B/libprovisioning.a
STATION	:= $B/libstation.a
CERTS	:= $B/libcerts.a
OCPP	:= $B/libocpp.a
BINS	:= $(addprefix $B/,ingotd ingot-host ingot-unpack ingot-packager \
	   ingot ingot-provision ingot-station)
GATE	:= $B/ingot-gate.so
PLUGINS	:= $(patsubst plugins/%/,$B/plugins/%.so,$(sort $(dir $(wildcard plugins/*/*.c))))
TESTS	:= $(patsubst %.c,$B/%,$(wildcard tests/unit/*.c tests/system/*.c))
TPLUGS	:= $(patsubst %.c,$B/%.so,$(wildcard tests/plugins/*.c))
LAB	:= $B/tests/lab/scan $B/tests/system/ocpp_say

# V=1 shows whole commands.
quiet	= $(if $(V),,@echo "  $(1)  $@"; )

all: $(BINS) $(GATE) $(PLUGINS)

$(BASE): $(call objects,agent/base/*.c)
$(AGENT): $(call objects,agent/*.c agent/apply/*.c agent/hosts/*.c,$(MAINS))
# Kura's encryption is met in captures and in imports.
$(SNAP): $(call objects,snapshots/*.c snapshots/fields/*.c \
	snapshots/scrub/*.c snapshots/packages/*.c) $B/snapshots/import/kura_secret.o
$(IMPORT): $(call objects,snapshots/import/*.c)
$(FIRE): $(call objects,firewall/*.c)
$(PROV): $(call objects,provisioning/*.c provisioning/tpm/*.c \
	provisioning/service/*.c,provisioning/service/main.c)
$(STATION): $(call objects,provisioning/station/*.c,\
	provisioning/station/main.c)
$(CERTS): $(call objects,plugins/cert_store/certs/*.c)
# The bridge without its plugin host: what tests and bench link as well.
OCPP_ROOMS := $(addprefix plugins/ocpp_bridge/,judge wire queue bridge)
OCPP_INC := $(OCPP_ROOMS:%=-I%)
JUDGE	:= plugins/ocpp_bridge/judge
# Its client certificate's key is elsewhere: provisioning/key.h.
$(OCPP): $(call objects,$(OCPP_ROOMS:%=%/*.c),$(JUDGE)/compile%) \
	$B/$(JUDGE)/shapes.o $B/provisioning/key.o $B/provisioning/key_ref.o
# The shapes of all messages: texts, made tables by a tool of the build.
HOSTCC	?= cc
SHAPES	:= $(addprefix $(JUDGE)/,v16.shapes v201.shapes v21.shapes)
$B/$(JUDGE)/compile: $(wildcard $(JUDGE)/compile*.[ch]) $(JUDGE)/names.h $(JUDGE)/shapes.h
	@mkdir -p $(@D)
	$(call quiet,HOSTCC)$(HOSTCC) -std=gnu11 -D_GNU_SOURCE -O1 -o $@ $(filter %.c,$^)
$B/$(JUDGE)/shapes.c: $B/$(JUDGE)/compile $(SHAPES)
	$(call quiet,SHAPES)$< $(SHAPES) >$@.new && mv $@.new $@
$B/$(JUDGE)/shapes.o: $B/$(JUDGE)/shapes.c
	$(call quiet,CC)$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<
$B/plugins/ocpp_bridge/%.o: CPPFLAGS += $(OCPP_INC)
%.a:
	@rm -f $@
	$(call quiet,AR)$(AR) rcsD $@ $^

$B/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call quiet,CC)$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

link	= $(call quiet,LD)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(1)
$B/ingotd: $B/agent/ingotd.o $(AGENT) $(SNAP) $(BASE)
	$(call link,$(AGENT_LIBS) $(SNAP_LIBS) $(BASE_LIBS))
$B/ingot-host: $B/agent/ingot-host.o $(AGENT) $(BASE)
	$(call link,$(AGENT_LIBS) $(BASE_LIBS))
$B/ingot-unpack: $B/agent/ingot-unpack.o $(AGENT) $(SNAP) $(BASE)
	$(call link,$(AGENT_LIBS) $(SNAP_LIBS) $(BASE_LIBS))
$B/ingot-packager: $B/agent/ingot-packager.o
	$(call link)
$B/ingot: $(call objects,agent/cli/*.c) $(AGENT) $(IMPORT) $(SNAP) $(BASE)
	$(call link,$(IMPORT_LIBS) $(SNAP_LIBS) $(BASE_LIBS))
$B/ingot-provision: $B/provisioning/service/main.o $(PROV) $(BASE)
	$(call link,$(PROV_LIBS) $(BASE_LIBS))
# The factory's side: SSH is linked into this program and into no other command.
$B/ingot-station: $B/provisioning/station/main.o $(STATION) $(BASE)
	$(call link,-lssh $(BASE_LIBS))
$(GATE): $(call objects,provisioning/gate/*.c) $(PROV) $(BASE)
	$(call link,-shared $(PROV_LIBS) $(BASE_LIBS))

# A plugin: its folder, and the rooms it may know. libiptc (GPL) is linked
# into the firewall plugin and nowhere else.
$B/plugins/firewall_policy.so: $(FIRE)
$B/plugins/firewall_policy.so: LIBS := $(FIRE_LIBS)
$B/plugins/ssh_hardening.so: LIBS := -lssh
$B/plugins/cert_store.so: $(CERTS) $(PROV)
$B/plugins/cert_store.so: LIBS := $(PROV_LIBS)
$B/plugins/ocpp_bridge.so: $(OCPP)
$B/plugins/ocpp_bridge.so: LIBS := $(OCPP_LIBS)
$B/plugins/uplink.so: $(PROV)
$B/plugins/uplink.so: LIBS := $(PROV_LIBS)
.SECONDEXPANSION:
$(PLUGINS): $B/plugins/%.so: $$(call objects,plugins/%/*.c) $(BASE)
	$(call quiet,LD)$(CC) $(CFLAGS) $(LDFLAGS) -shared -o $@ $(filter %.o,$^) \
	    $(filter-out $(BASE),$(filter %.a,$^)) $(BASE) $(LIBS) $(BASE_LIBS)
$(TPLUGS): $B/tests/plugins/%.so: $B/tests/plugins/%.o
	$(CC) $(CFLAGS) $(LDFLAGS) -shared -o $@ $<

# A test is named after the room it looks into and is linked with that room
# and those below it.
$B/tests/%: CPPFLAGS += -DBUILD='"$B"' -Itests
$B/tests/unit/base_%: $B/tests/unit/base_%.o $(BASE)
	$(call link,-lcmocka $(BASE_LIBS))
$B/tests/unit/snapshots_%: $B/tests/unit/snapshots_%.o $(SNAP) $(BASE)
	$(call link,-lcmocka $(SNAP_LIBS) $(BASE_LIBS))
$B/tests/unit/import_%: $B/tests/unit/import_%.o $(IMPORT) $(BASE)
	$(call link,-lcmocka $(IMPORT_LIBS) $(BASE_LIBS))
$B/tests/unit/firewall_%: $B/tests/unit/firewall_%.o $(FIRE) $(BASE)
	$(call link,-lcmocka $(FIRE_LIBS) $(BASE_LIBS))
$B/tests/unit/provisioning_%: $B/tests/unit/provisioning_%.o $(PROV) $(BASE)
	$(call link,-lcmocka $(PROV_LIBS) $(BASE_LIBS))
$B/tests/unit/station_%: CPPFLAGS += -Iprovisioning/station
$B/tests/unit/station_%: $B/tests/unit/station_%.o $(STATION) $(BASE)
	$(call link,-lcmocka -lssh $(BASE_LIBS))
$B/tests/unit/certs_% $B/tests/system/certs_% $B/tests/fuzz/certs_% \
$B/tests/bench/certs_%: CPPFLAGS += -Iplugins/cert_store/certs
$B/tests/unit/certs_%: $B/tests/unit/certs_%.o $(CERTS) $(PROV) $(BASE)
	$(call link,-lcmocka $(PROV_LIBS) $(BASE_LIBS))
$B/tests/system/certs_%: $B/tests/system/certs_%.o $(CERTS) $(PROV) $(BASE)
	$(call link,$(PROV_LIBS) $(BASE_LIBS))
$B/tests/bench/certs_%: $B/tests/bench/certs_%.o $(CERTS) $(PROV) $(BASE)
	$(call link,$(PROV_LIBS) $(BASE_LIBS))
# Private: not for what they are linked with, where another room has a wire.h.
$B/tests/unit/ocpp_% $B/tests/system/ocpp_% $B/tests/fuzz/ocpp_% \
$B/tests/bench/ocpp_%: private CPPFLAGS += $(OCPP_INC)
$B/tests/unit/ocpp_%: $B/tests/unit/ocpp_%.o $(OCPP) $(BASE)
	$(call link,-lcmocka $(OCPP_LIBS) $(BASE_LIBS))
# The bridge against the real certificate store, verbs and all.
$B/tests/unit/ocpp_secure%: $B/tests/unit/ocpp_secure%.o $(OCPP) \
    $(call objects,plugins/cert_store/*.c) $(CERTS) $(PROV) $(BASE)
	$(call link,-lcmocka $(OCPP_LIBS) $(PROV_LIBS) $(BASE_LIBS))
$B/tests/system/ocpp_%: $B/tests/system/ocpp_%.o $(OCPP) $(BASE)
	$(call link,$(OCPP_LIBS) $(BASE_LIBS))
$B/tests/bench/ocpp_%: $B/tests/bench/ocpp_%.o $(OCPP) $(BASE)
	$(call link,$(OCPP_LIBS) $(BASE_LIBS))
$B/tests/unit/agent_%: $B/tests/unit/agent_%.o $(AGENT) $(SNAP) $(BASE)
	$(call link,-lcmocka $(AGENT_LIBS) $(SNAP_LIBS) $(BASE_LIBS))
# Plugins' tests see the parts that need no server.
SSH	:= $(addprefix $B/plugins/ssh_hardening/,document.o dropin.o \
	   effective.o kexinit.o reach.o sshd_conf.o)
$B/tests/unit/plugins_ssh $B/tests/fuzz/plugins_ssh: $(SSH)
TKEY	:= $B/plugins/cert_store/tkey.o
OCPP_DOC := $(addprefix $B/plugins/ocpp_bridge/,document.o check.o \
	   check_tls.o exposed.o fields.o fields_deep.o near.o)
$B/tests/unit/plugins_ocpp_% $B/tests/fuzz/plugins_ocpp_%: CPPFLAGS += $(OCPP_INC)
$B/tests/unit/plugins_ocpp_%: $B/tests/unit/plugins_ocpp_%.o $(OCPP_DOC) $(OCPP) $(BASE)
	$(call link,-lcmocka $(OCPP_LIBS) $(BASE_LIBS))
$B/tests/fuzz/plugins_ocpp_%: $B/tests/fuzz/plugins_ocpp_%.o $(OCPP_DOC) $(OCPP) $(BASE)
	$(call link,-fsanitize=fuzzer $(OCPP_LIBS) $(BASE_LIBS))
$B/tests/unit/plugins_words: $B/plugins/cert_store/words.o
$B/tests/fuzz/plugins_tkey: $(TKEY)
$B/tests/unit/plugins_tkey: $B/tests/unit/plugins_tkey.o $(TKEY) $(BASE)
	$(call link,-lcmocka $(BASE_LIBS))
$B/tests/unit/plugins_%: $B/tests/unit/plugins_%.o $(BASE)
	$(call link,-lcmocka $(BASE_LIBS))
$B/tests/system/%: $B/tests/system/%.o $(AGENT) $(SNAP) $(FIRE) $(PROV) $(BASE)
	$(call link,-lcmocka -lssh $(FIRE_LIBS) $(AGENT_LIBS) $(SNAP_LIBS) \
	    $(PROV_LIBS) $(BASE_LIBS))

# Fuzzers: make CC=clang B=build/fuzz CFLAGS=-fsanitize=... (tests/fuzz/run)
fuzz_libs = $(if $(filter base_%,$*),,$(IMPORT_LIBS) $(AGENT_LIBS) \
	    $(SNAP_LIBS) $(PROV_LIBS))
$B/tests/fuzz/station_%: CPPFLAGS += -Iprovisioning/station
$B/tests/fuzz/station_%: $B/tests/fuzz/station_%.o $(STATION) $(BASE)
	$(call link,-fsanitize=fuzzer -lssh $(BASE_LIBS))
$B/tests/fuzz/certs_%: $B/tests/fuzz/certs_%.o $(CERTS) $(PROV) $(BASE)
	$(call link,-fsanitize=fuzzer $(PROV_LIBS) $(BASE_LIBS))
$B/tests/fuzz/ocpp_%: $B/tests/fuzz/ocpp_%.o $(OCPP) $(BASE)
	$(call link,-fsanitize=fuzzer $(OCPP_LIBS) $(BASE_LIBS))
$B/tests/fuzz/%: $B/tests/fuzz/%.o $(AGENT) $(IMPORT) $(SNAP) $(FIRE) $(PROV) $(BASE)
	$(call link,-fsanitize=fuzzer $(fuzz_libs) $(BASE_LIBS))
$B/tests/lab/%: $B/tests/lab/%.o
	$(call link)
$B/tests/bench/%: $B/tests/bench/%.o $(AGENT) $(SNAP) $(FIRE) $(PROV) $(BASE)
	$(call link,$(FIRE_LIBS) $(AGENT_LIBS) $(SNAP_LIBS) $(PROV_LIBS) \
	    $(BASE_LIBS))

tests: $(TESTS) $(TPLUGS) $(LAB)
test: all tests
	tests/run $B $(T)
torn: all tests
	tests/torn $B $(T)
check:
	packaging/needs build
	tests/check
demo demo-shell demo-line:
	packaging/needs build
	$(MAKE) deb $(LAB)
	tests/lab/$(@:demo-line=line) $B
BENCH	:= $(patsubst %.c,$B/%,$(wildcard tests/bench/*.c))
bench: all $(TPLUGS) $(BENCH) $B/tests/system/ocpp_run
	tests/bench/run $B
fuzz:
	tests/fuzz/run $(FUZZ_SECONDS)
lint:
	packaging/needs build
	tests/lint
compdb:
	bear -- $(MAKE) -B all

install: all
	packaging/install $B $(DESTDIR)
deb:
	packaging/make-deb $(VERSION)
ipk:
	packaging/make-ipk $(VERSION)
clean:
	rm -rf build

-include $(shell find $B -name '*.d' -type f 2>/dev/null)
.PHONY: all tests test torn check demo demo-shell demo-line bench fuzz lint compdb install deb ipk clean
.PRECIOUS: $B/%.o
