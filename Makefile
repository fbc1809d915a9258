# Every task by name: all run check bench lint format fuzz install dist clean deps

OBJS ?= objs
OPT ?= -O2
SANITIZE ?=
CXX ?= g++
# The second opinion and the layout: the suite's newest of these.
CLANG ?= $(firstword $(foreach v,16 19 18 17 15 14,$(if $(wildcard /usr/bin/clang++-$(v)),clang++-$(v))) clang++)
FORMAT ?= clang-format-16
FUZZ_SECONDS ?= 60
JOBS ?= $(shell nproc)

TOP_OBJS := $(OBJS)
ifneq ($(SANITIZE),)
override OBJS := $(OBJS)/sanitize
override OPT := -O1 -fno-omit-frame-pointer -fsanitize=$(SANITIZE) -fno-sanitize-recover=all
endif

# The floors, lowest first: a folder includes only from folders before it (t/lint/layers checks it).
FLOORS := base event conf shm net http proto cache upstream exchange script stream proxy control process

# Tasks that only call others, or nothing of the program, work before ./configure has.
ifneq ($(filter-out run check fuzz deps clean dist format lint-format lint-layers lint-coroutines lint-conformance,$(or $(MAKECMDGOALS),all)),)
-include $(OBJS)/config.mk
endif

# What speaks QUIC stands here alone: left out where ./configure did not find its libraries.
QUIC := $(if $(filter 1,$(HTTP3)),,src/proto/h3/% t/unit/h3/% t/fuzz/h3_% t/bench/h3_%)

MAIN := src/process/main.cc
CTL := src/control/ctl/main.cc
SOURCES := $(filter-out $(MAIN) $(QUIC),$(wildcard src/*/*.cc src/proto/*/*.cc modules/*/*.cc))
HEADERS := $(wildcard src/*/*.h src/proto/*/*.h modules/*/*.h t/*/*.h t/unit/*/*.h)
OBJECTS := $(SOURCES:%.cc=$(OBJS)/%.o)
UNIT_SOURCES := $(filter-out $(QUIC),$(wildcard t/unit/*/*.cc))
UNIT_FOLDERS := $(sort $(patsubst t/unit/%/,%,$(dir $(UNIT_SOURCES))))
FUZZ_SOURCES := $(filter-out $(QUIC),$(wildcard t/fuzz/*.cc))
BENCH_SOURCES := $(filter-out $(QUIC),$(wildcard t/bench/*.cc))
BEHAVIOUR := $(filter-out t/lib/% t/lint/% t/bench/% t/unit/% t/fuzz/%,$(wildcard t/*/*.t))

CPPFLAGS := -Isrc -I. -I$(OBJS) $(CONFIG_CPPFLAGS)
WARNINGS := -Wall -Wextra -Wshadow -Wno-missing-field-initializers
CXXFLAGS := -std=c++20 -g $(OPT) $(WARNINGS) $(CONFIG_CXXFLAGS) $(EXTRA_CXXFLAGS)
LDFLAGS := -g $(OPT) $(CONFIG_LDFLAGS)
LIBS := -lev -lcares -lpcre2-8 -lxxhash -lfmt -lssl -lcrypto -lnghttp2 -lz -lcrypt -lpthread $(CONFIG_LIBS)

.PHONY: all unit-programs
all: $(OBJS)/proxycache $(OBJS)/proxycachectl $(OBJS)/man/proxycache.conf.5

# ---- configuration ----

# Another builddir (sanitize, dev) is configured as objs was.
$(OBJS)/config.mk: configure
	@eval ./configure --builddir=$(OBJS) \
	  "$$(cat $(OBJS)/config.mk $(TOP_OBJS)/config.mk objs/config.mk 2>/dev/null | sed -n '/^CONFIGURED_WITH := /{s///;p;q}')"

# ---- compiling ----

# Changes only when the command does, so that editing this file compiles nothing again.
COMPILE := $(CXX) $(CPPFLAGS) $(CXXFLAGS)
$(OBJS)/command: export COMMAND = $(COMPILE)
$(OBJS)/command: FORCE
	@mkdir -p $(@D)
	@echo "$$COMMAND" | cmp -s - $@ || echo "$$COMMAND" >$@
.PHONY: FORCE
FORCE:

$(OBJS)/pch.h.gch: src/base/pch.h $(OBJS)/command
	@mkdir -p $(@D)
	@echo "  PCH     $@"
	@echo '#include "base/pch.h"' >$(OBJS)/pch.h
	@$(COMPILE) -x c++-header $(OBJS)/pch.h -o $@

# What the compiler says is shown and kept: make lint fails on the objects that have a word in .warnings.
$(OBJS)/%.o: %.cc $(OBJS)/pch.h.gch
	@mkdir -p $(@D)
	@echo "  CXX     $<"
	@$(COMPILE) -MMD -MP -include $(OBJS)/pch.h -c $< -o $@ 2>$(@:.o=.warnings); \
	  status=$$?; cat $(@:.o=.warnings) >&2; exit $$status

# One archive a floor: what links against a floor needs only it and those below.
define floor_archive
$(OBJS)/lib$(1).a: $(filter $(OBJS)/src/$(1)/%,$(OBJECTS))
	@mkdir -p $$(@D)
	@rm -f $$@ && ar rcs $$@ $$^
endef
$(foreach floor,$(FLOORS),$(eval $(call floor_archive,$(floor))))

$(OBJS)/libmodules.a: $(filter $(OBJS)/modules/%,$(OBJECTS))
	@mkdir -p $(@D)
	@rm -f $@ && ar rcs $@ $^

ARCHIVES := $(FLOORS:%=$(OBJS)/lib%.a) $(OBJS)/libmodules.a
GROUP = -Wl,--start-group $(1) -Wl,--end-group

$(OBJS)/proxycache: $(OBJS)/$(MAIN:.cc=.o) $(ARCHIVES)
	@echo "  LINK    $@"
	@$(CXX) $(LDFLAGS) -o $@ $< $(call GROUP,$(ARCHIVES)) $(LIBS)

# The control tool is one plain source over libcurl; it shares nothing with the program.
$(OBJS)/proxycachectl: $(OBJS)/$(CTL:.cc=.o)
	@echo "  LINK    $@"
	@$(CXX) $(LDFLAGS) -o $@ $< -lcurl

# The directive reference is printed by the program from its own tables, into the page's DIRECTIVES section.
$(OBJS)/man/proxycache.conf.5: man/proxycache.conf.5 $(OBJS)/proxycache
	@mkdir -p $(@D) $(OBJS)/html
	@$(OBJS)/proxycache -M man >$(@D)/directives 2>/dev/null || : >$(@D)/directives
	@$(OBJS)/proxycache -M differences >$(@D)/differences 2>/dev/null || : >$(@D)/differences
	@$(OBJS)/proxycache -M html >$(OBJS)/html/directives.html 2>/dev/null || rm -f $(OBJS)/html/directives.html
	@sed -e '/^\.\\" The directives follow here/r $(@D)/directives' -e '/^\.\\" The table follows here/r $(@D)/differences' $< >$@

# ---- unit tests ----

# t/unit mirrors src: the tests of one floor are one program, linked with that floor and those below.
upto = $(if $(filter $(1),$(firstword $(2))),$(firstword $(2)),$(firstword $(2)) $(call upto,$(1),$(wordlist 2,99,$(2))))
define unit_program
$(OBJS)/t/unit_$(1): $(patsubst %.cc,$(OBJS)/%.o,$(filter t/unit/$(1)/%,$(UNIT_SOURCES))) \
  $(if $(filter $(1),$(FLOORS)),$(patsubst %,$(OBJS)/lib%.a,$(call upto,$(1),$(FLOORS))),$(ARCHIVES))
	@mkdir -p $$(@D)
	@echo "  LINK    $$@"
	@$(CXX) $(LDFLAGS) -o $$@ $$(filter %.o,$$^) $$(call GROUP,$$(filter %.a,$$^)) -lcriterion $(LIBS)
endef
$(foreach folder,$(UNIT_FOLDERS),$(eval $(call unit_program,$(folder))))

UNIT_PROGRAMS := $(UNIT_FOLDERS:%=$(OBJS)/t/unit_%)
unit-programs: $(UNIT_PROGRAMS)

# Each program prints its own closing line; all run, then the task fails if one did (or ran nothing, as without /proc).
# With AGAIN=1 what failed runs once more, alone, and both runs are in the output: for machines that others slow down at will.
unit_run = LSAN_OPTIONS=suppressions=t/lint/leaks:print_suppressions=0 $$program -j$(1) --timeout 240 >$$program.log 2>&1
.PHONY: unit
unit: $(UNIT_PROGRAMS)
	@failed=; for program in $^; do echo "  UNIT    $$program"; \
	  $(call unit_run,$(JOBS)) && passed=1 || passed=; cat $$program.log; \
	  if [ -z "$$passed" ] && [ -n "$(AGAIN)" ]; then echo "  AGAIN   $$program"; $(call unit_run,1) && passed=1; cat $$program.log; fi; \
	  [ -n "$$passed" ] && ! grep -q 'Tested: 0 ' $$program.log || failed="$$failed $$program"; done; \
	  [ -z "$$failed" ] || { echo "unit tests failed:$$failed" >&2; exit 1; }

# ---- behaviour tests ----

# Sanitized builds get more patience; a report is a failure and goes to the tested program's stderr, where the harness looks.
.PHONY: behaviour
PROVE = PROXYCACHE=$(OBJS)/proxycache $(if $(SANITIZE),PATIENCE=4) UBSAN_OPTIONS=print_stacktrace=1 \
  prove -It/lib --statefile=$(OBJS)/prove.state
behaviour: $(OBJS)/proxycache
	@rm -f $(OBJS)/prove.state
	@[ -n "$(BEHAVIOUR)" ] || { echo "no behaviour tests"; exit 0; }; \
	$(PROVE) --state=save -j$(JOBS) $(BEHAVIOUR) && exit 0; \
	[ -n "$(AGAIN)" ] || exit 1; \
	echo "AGAIN, one at a time:"; $(PROVE) --state=failed,save -v

# ---- lint ----

.PHONY: lint lint-format lint-layers lint-coroutines lint-conformance lint-gcc lint-clang
lint: lint-format lint-layers lint-coroutines lint-conformance lint-gcc lint-clang

ALL_SOURCES := $(SOURCES) $(wildcard $(MAIN) $(CTL)) $(UNIT_SOURCES) $(FUZZ_SOURCES) $(BENCH_SOURCES)

lint-format:
	@if command -v $(FORMAT) >/dev/null; then \
	  printf '%s\n' $(ALL_SOURCES) $(HEADERS) | sort -u | xargs -r -n 20 -P $(JOBS) $(FORMAT) --dry-run -Werror \
	    && echo "lint: layout: no deviation in $(words $(sort $(ALL_SOURCES) $(HEADERS))) files"; \
	else echo "lint: layout: not checked, $(FORMAT) is not here"; fi

lint-layers:
	@t/lint/layers $(FLOORS)

lint-coroutines:
	@t/lint/coroutines

lint-conformance:
	@t/lint/conformance

# g++ has said all it has to say when the objects were built.
WARNED := $(patsubst %.cc,$(OBJS)/%.warnings,$(SOURCES) $(wildcard $(MAIN)) $(UNIT_SOURCES))
lint-gcc: $(OBJECTS) $(patsubst %.cc,$(OBJS)/%.o,$(wildcard $(MAIN)) $(UNIT_SOURCES))
	@if cat $(WARNED) 2>/dev/null | grep -q .; then cat $(WARNED) >&2; echo "lint: $(CXX): there are warnings" >&2; exit 1; fi
	@echo "lint: $(CXX): no warning in $(words $(WARNED)) files"

# clang++ reads every source that has changed since it last had nothing to say.
CLANG_CHECK := $(CLANG) -std=c++20 $(CPPFLAGS) $(WARNINGS) -Werror -fsyntax-only
CLANG_STAMPS := $(patsubst %.cc,$(TOP_OBJS)/lint/%.ok,$(SOURCES) $(wildcard $(MAIN)) $(UNIT_SOURCES))
$(TOP_OBJS)/lint/pch.h.pch: src/base/pch.h $(OBJS)/config.mk
	@mkdir -p $(@D)
	@echo '#include "base/pch.h"' >$(@:.pch=)
	@$(CLANG) -std=c++20 $(CPPFLAGS) $(WARNINGS) -x c++-header $(@:.pch=) -o $@
$(TOP_OBJS)/lint/%.ok: %.cc $(TOP_OBJS)/lint/pch.h.pch
	@mkdir -p $(@D)
	@$(CLANG_CHECK) -include-pch $(TOP_OBJS)/lint/pch.h.pch -MMD -MP -MT $@ -MF $(@:.ok=.d) $< && touch $@
lint-clang: $(CLANG_STAMPS)
	@echo "lint: $(CLANG): no warning in $(words $(CLANG_STAMPS)) files"

.PHONY: format
format:
	@printf '%s\n' $(ALL_SOURCES) $(HEADERS) | sort -u | xargs -r -n 20 -P $(JOBS) $(FORMAT) -i

# ---- fuzzing ----

# Built by clang++ in a folder of its own, each target with the floors up to the highest that it, or a header beside it, includes.
FUZZ := $(TOP_OBJS)/fuzz
FUZZ_FLAGS := -std=c++20 -g -O1 -fno-omit-frame-pointer -fno-sanitize-recover=all $(WARNINGS)
FUZZ_PROGRAMS := $(FUZZ_SOURCES:t/fuzz/%.cc=$(FUZZ)/%)
$(FUZZ)/%.o: %.cc $(OBJS)/config.mk
	@mkdir -p $(@D)
	@echo "  CLANG   $<"
	@$(CLANG) $(FUZZ_FLAGS) $(CPPFLAGS) -fsanitize=fuzzer-no-link,address,undefined -MMD -MP -include src/base/pch.h -c $< -o $@
top_floor = $(lastword base $(foreach f,$(FLOORS),$(if $(shell grep -l '^.include "$(f)/' $(1) t/fuzz/*.h 2>/dev/null),$(f))))
define fuzz_program
$(FUZZ)/$(1): $(FUZZ)/t/fuzz/$(1).o $(foreach f,$(call upto,$(call top_floor,t/fuzz/$(1).cc),$(FLOORS)),$(patsubst %.cc,$(FUZZ)/%.o,$(filter src/$(f)/%,$(SOURCES))))
	@echo "  LINK    $$@"
	@$(CLANG) $(FUZZ_FLAGS) -fsanitize=fuzzer,address,undefined -o $$@ $$^ $(LIBS)
endef
ifneq ($(filter fuzz fuzz-programs,$(MAKECMDGOALS)),)
$(foreach source,$(FUZZ_SOURCES),$(eval $(call fuzz_program,$(basename $(notdir $(source))))))
endif

.PHONY: fuzz fuzz-programs
fuzz-programs: $(FUZZ_PROGRAMS)
fuzz:
	@contrib/deps build fuzz
	@$(MAKE) --no-print-directory -j$(JOBS) fuzz-programs
	@failed=; for program in $(FUZZ_PROGRAMS); do name=$$(basename $$program); corpus=$(FUZZ)/corpus/$$name; mkdir -p $$corpus; \
	  echo "  FUZZ    $$name for $(FUZZ_SECONDS) s"; seeds=; [ ! -d t/fuzz/$$name ] || seeds=t/fuzz/$$name; \
	  dictionary=; [ ! -f t/fuzz/$$name.dict ] || dictionary=-dict=t/fuzz/$$name.dict; \
	  $$program -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 -verbosity=0 -print_final_stats=1 \
	    -artifact_prefix=$(FUZZ)/$$name- $$dictionary $$corpus $$seeds || failed="$$failed $$name"; done; \
	  [ -z "$$failed" ] || { echo "fuzzing found something in:$$failed (inputs in $(FUZZ))" >&2; exit 1; }

# ---- deliberate faults ----

# The reference model of RFC 9111 has to find each of them (t/model/README.md). Minutes: not part of `check`.
.PHONY: mutants
mutants: $(OBJS)/t/unit_model
	@t/model/mutants --objs $(OBJS)

# ---- benchmarks ----

$(TOP_OBJS)/bench/%: t/bench/%.cc
	@mkdir -p $(@D)
	@echo "  CXX     $<"
	@$(CXX) -std=c++20 -O2 -g $(WARNINGS) -o $@ $< -lpthread

# Of the cache alone, without a server: linked with its floor and those below.
$(TOP_OBJS)/bench/zone_%: t/bench/zone_%.cc $(patsubst %,$(OBJS)/lib%.a,$(call upto,cache,$(FLOORS)))
	@mkdir -p $(@D)
	@echo "  CXX     $<"
	@$(CXX) -std=c++20 -O2 -g $(CPPFLAGS) $(WARNINGS) -o $@ $< $(call GROUP,$(filter %.a,$^)) $(LIBS)

.PHONY: bench
bench: $(OBJS)/proxycache $(BENCH_SOURCES:t/bench/%.cc=$(TOP_OBJS)/bench/%)
	@t/bench/run --proxycache $(OBJS)/proxycache --programs $(TOP_OBJS)/bench $(BENCH)

# ---- the two commands ----

.PHONY: deps run check checked
deps:
	@contrib/deps build check

run:
	@contrib/deps build
	@$(MAKE) --no-print-directory -j$(JOBS) all
	@contrib/run $(OBJS)/proxycache

check:
	@contrib/deps build check
	@$(MAKE) --no-print-directory -j$(JOBS) all unit-programs
	@$(MAKE) --no-print-directory -k -j$(JOBS) lint && lint=0 || lint=1; \
	 $(MAKE) --no-print-directory unit && unit=0 || unit=1; \
	 $(MAKE) --no-print-directory behaviour && behaviour=0 || behaviour=1; \
	 say() { if [ $$2 = 0 ]; then echo "  $$1: passed"; else echo "  $$1: FAILED"; fi; }; \
	 echo "make check$(if $(SANITIZE), SANITIZE=$(SANITIZE)):"; \
	 say lint $$lint; say "unit tests" $$unit; say "behaviour tests" $$behaviour; \
	 [ "$$lint$$unit$$behaviour" = 000 ]

# ---- installing ----

under = $(if $(filter /%,$(1)),$(1),$(PREFIX)/$(1))
SBIN := $(call under,$(SBIN_PATH))
CONF := $(call under,$(CONF_PATH))
MANDIR ?= $(abspath $(dir $(SBIN))../share/man)

# A configuration that is there already is left alone; the fresh one lies beside it as .default.
.PHONY: install
install: all
	install -d $(DESTDIR)$(dir $(SBIN)) $(DESTDIR)$(dir $(CONF)) $(DESTDIR)$(PREFIX)/html $(DESTDIR)$(MANDIR)/man1 $(DESTDIR)$(MANDIR)/man5 $(DESTDIR)$(MANDIR)/man8 \
	  $(DESTDIR)$(dir $(call under,$(ERROR_LOG_PATH))) $(DESTDIR)$(dir $(call under,$(HTTP_LOG_PATH))) $(DESTDIR)$(dir $(call under,$(PID_PATH)))
	install -m 755 $(OBJS)/proxycache $(DESTDIR)$(SBIN)
	install -m 755 $(OBJS)/proxycachectl $(DESTDIR)$(dir $(SBIN))proxycachectl
	install -m 644 conf/proxycache.conf $(DESTDIR)$(CONF).default
	[ -e $(DESTDIR)$(CONF) ] || install -m 644 conf/proxycache.conf $(DESTDIR)$(CONF)
	install -m 644 conf/mime.types $(DESTDIR)$(dir $(CONF))mime.types.default
	[ -e $(DESTDIR)$(dir $(CONF))mime.types ] || install -m 644 conf/mime.types $(DESTDIR)$(dir $(CONF))mime.types
	install -m 644 $(wildcard html/*.html $(OBJS)/html/*.html) $(DESTDIR)$(PREFIX)/html
	install -m 644 man/proxycachectl.1 $(DESTDIR)$(MANDIR)/man1/proxycachectl.1
	install -m 644 man/proxycache.8 $(DESTDIR)$(MANDIR)/man8/proxycache.8
	install -m 644 $(OBJS)/man/proxycache.conf.5 $(DESTDIR)$(MANDIR)/man5/proxycache.conf.5

VERSION := $(shell sed -n 's/^version=//p' configure)
.PHONY: dist clean
dist:
	@mkdir -p $(OBJS)
	git archive --prefix=proxycache-$(VERSION)/ HEAD | gzip -n9 >$(OBJS)/proxycache-$(VERSION).tar.gz

clean:
	rm -rf objs

-include $(OBJECTS:.o=.d) $(OBJS)/$(MAIN:.cc=.d) $(OBJS)/$(CTL:.cc=.d) $(UNIT_SOURCES:%.cc=$(OBJS)/%.d)
ifneq ($(filter lint lint-clang,$(MAKECMDGOALS)),)
-include $(CLANG_STAMPS:.ok=.d)
endif
ifneq ($(filter fuzz fuzz-programs,$(MAKECMDGOALS)),)
-include $(patsubst %.cc,$(FUZZ)/%.d,$(SOURCES) $(FUZZ_SOURCES))
endif
