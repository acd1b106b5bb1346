#include "commands.h"

#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/pgmspace.h>
#include <stdbool.h>
#include <string.h>

#include "clock.h"
#include "inputs.h"
#include "lamps.h"
#include "line.h"
#include "safety.h"
#include "selftest.h"
#include "strobe.h"
#include "tower.h"

#define ARGUMENTS_MAX 8

static uint32_t argument[ARGUMENTS_MAX];
static uint8_t arguments;
static uint16_t last_number, last_crc;
static uint16_t events, bad_lines;

// ---- Words

static void error(PGM_P word) {
    line_text(PSTR(" error "));
    line_text(word);
}

static void ok(void) { line_text(PSTR(" ok")); }

static bool between(uint32_t value, uint32_t low, uint32_t high) {
    if (value >= low && value <= high) return true;
    error(PSTR("range"));
    return false;
}

static void identity(void) {
    line_text(PSTR(" firmware=" VERSION " protocol=1 build=" BUILD " reset="));
    uint8_t flags = reset_flags();
    if (flags & _BV(WDRF)) line_text(PSTR("watchdog"));
    else if (flags & _BV(BORF)) line_text(flags & _BV(PORF) ? PSTR("power-on") : PSTR("brown-out"));
    else if (flags & _BV(PORF)) line_text(PSTR("power-on"));
    else if (flags & _BV(EXTRF)) line_text(PSTR("external"));
    else line_text(PSTR("unknown"));
}

static void inputs_words(void) {
    line_pair(PSTR("start"), input_closed(IN_START));
    line_pair(PSTR("door"), input_closed(IN_DOOR));
    line_pair(PSTR("estop"), input_closed(IN_ESTOP));
    line_pair(PSTR("trigger"), input_closed(IN_TRIGGER));
    line_pair(PSTR("starts"), input_closings(IN_START));
    line_pair(PSTR("triggers"), input_closings(IN_TRIGGER));
}

// ---- Commands. Each has written its answer when it returns.

static void do_hello(void) {
    if (!is_well()) {
        error(PSTR("self-test"));
        return;
    }
    static const uint8_t dark[TOWER_LAMPS];
    outputs_safe();
    tower_set(dark);
    safety_open_session();
    ok();
}

static void do_version(void) {
    line_text(PSTR(" ok station-controller"));
    identity();
}

static void do_ping(void) {
    ok();
    inputs_words();
    line_pair(PSTR("gate"), gate_is_passing());
}

static void do_status(void) {
    strobe_counts_t counts = strobe_counts();
    ok();
    line_pair(PSTR("session"), session);
    line_pair(PSTR("gate"), gate_is_passing());
    line_pair(PSTR("lease"), gate_lease_ms());
    line_pair(PSTR("shots"), counts.shots);
    line_pair(PSTR("late"), counts.late);
    line_pair(PSTR("armed"), strobe_armed());
    line_pair(PSTR("bad"), bad_lines);
    line_pair(PSTR("uptime"), clock_uptime_s());
}

static void do_lamps(void) {
    uint8_t levels[LAMPS], strobed = strobe_lamp();
    for (uint8_t i = 0; i < LAMPS; i++) {
        if (!between(argument[i], 0, 255)) return;
        levels[i] = argument[i];
    }
    if (strobed && levels[strobed - 1]) {
        error(PSTR("busy"));
        return;
    }
    lamps_set(levels);
    ok();
}

static void do_light(void) {
    ok();
    for (uint8_t i = 0; i < LAMPS; i++) {
        line_text(PSTR(" "));
        line_number(lamp_level(i));
    }
}

// The plan of `strobe` and `arm`: lamp, delay, width, camera's delay, camera's width.
static bool plan(void) {
    shot_t shot = {argument[0], argument[1], argument[2], argument[3], argument[4]};
    if (!between(argument[0], 0, LAMPS)) return false;  // shot.lamp has eight bits only
    if (shot.lamp && !(between(shot.delay_us, DELAY_MIN_US, DELAY_MAX_US) &&
                       between(shot.width_us, WIDTH_MIN_US, WIDTH_MAX_US))) return false;
    if (shot.camera_width_us && !(between(shot.camera_delay_us, DELAY_MIN_US, DELAY_MAX_US) &&
                                  between(shot.camera_width_us, CAMERA_WIDTH_MIN_US, WIDTH_MAX_US))) return false;
    if (!shot.lamp && !between(shot.camera_width_us, CAMERA_WIDTH_MIN_US, WIDTH_MAX_US)) return false;
    if (strobe_busy() || strobe_armed() || (shot.lamp && lamp_level(shot.lamp - 1))) {
        error(PSTR("busy"));
        return false;
    }
    if (!strobe_plan(&shot)) {
        error(PSTR("too-close"));
        return false;
    }
    return true;
}

static void do_strobe(void) {
    if (!plan()) return;
    ok();
    strobe_fire();
}

static void do_arm(void) {
    if (!plan()) return;
    ok();
    strobe_arm();
}

static void do_disarm(void) {
    strobe_cancel();
    ok();
}

static void do_pass(void) {
    if (!between(argument[0], 1, LEASE_MAX_MS)) return;
    gate_pass(argument[0]);
    ok();
}

static void do_reject(void) {
    gate_reject();
    ok();
}

static void do_tower(void) {
    uint8_t ways[TOWER_LAMPS];
    for (uint8_t i = 0; i < TOWER_LAMPS; i++) {
        if (!between(argument[i], 0, TOWER_WAYS - 1)) return;
        ways[i] = argument[i];
    }
    tower_set(ways);
    ok();
}

static void do_selftest(void) {
    uint16_t is = flash_crc();
    uint8_t unlike = pins_unlike();
    ok();
    line_pair(PSTR("ram"), memory_is_well());
    line_text(PSTR(" flash="));
    line_hex(is);
    line_text(PSTR(" expected="));
    line_hex(flash_crc_expected());
    line_pair(PSTR("pins"), unlike);
}

static void do_restart(void) {
    outputs_safe();
    cli();
    for (;;) {}  // until the watchdog bites
}

#define NAME_MAX 10
typedef struct {
    char name[NAME_MAX];
    uint8_t arguments;
    bool in_session;
    void (*run)(void);
} command_t;

static const command_t commands[] PROGMEM = {
    {"hello", 0, false, do_hello},     {"version", 0, false, do_version},     {"ping", 0, true, do_ping},
    {"status", 0, false, do_status},   {"self-test", 0, false, do_selftest},  {"lamps", LAMPS, true, do_lamps},
    {"light", 0, false, do_light},     {"strobe", 5, true, do_strobe},        {"arm", 5, true, do_arm},
    {"disarm", 0, true, do_disarm},    {"pass", 1, true, do_pass},            {"reject", 0, false, do_reject},
    {"tower", TOWER_LAMPS, true, do_tower}, {"inputs", 0, false, do_ping},    {"restart", 0, false, do_restart},
};

// ---- Lines

// A number at *at, up to `most`; moves *at behind it. False: there is none, or it is too large.
static bool number(const char **at, uint32_t most, uint32_t *value) {
    uint8_t digits = 0;
    *value = 0;
    for (; **at >= '0' && **at <= '9'; (*at)++) {
        if (++digits > 9) return false;
        *value = *value * 10 + (**at - '0');
    }
    return digits > 0 && *value <= most;
}

// Cuts the arguments from behind the command's name; its length, or 0 if the line has not this form.
static uint8_t split(const char *text) {
    const char *at = text;
    while (*at && *at != ' ') at++;
    uint8_t length = at - text;
    arguments = 0;
    while (*at) {
        at++;  // the space
        if (arguments == ARGUMENTS_MAX || !number(&at, 999999999ul, &argument[arguments])) return 0;
        if (*at && *at != ' ') return 0;
        arguments++;
    }
    return length < NAME_MAX ? length : 0;
}

// Carries out a command. False: its number is not the next one, so it does not count and what was done last stays known.
static bool execute(uint16_t its_number, const char *text) {
    uint8_t length = split(text);
    if (!length) {
        error(PSTR("arguments"));
        return true;
    }
    for (uint8_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        command_t command;
        memcpy_P(&command, &commands[i], sizeof command);
        if (strncmp(command.name, text, length) || command.name[length]) continue;
        if (command.in_session && session && its_number != (uint16_t)(last_number + 1)) {
            error(PSTR("sequence"));
            return false;
        }
        if (command.arguments != arguments) error(PSTR("arguments"));
        else if (command.in_session && !session) error(PSTR("session"));
        else command.run();
        return true;
    }
    error(PSTR("unknown"));
    return true;
}

void commands_bad(const char *why) {
    bad_lines++;
    line_begin();
    line_text(PSTR("? "));
    line_text(why);
    line_send();
}

void commands_line(char *line, uint8_t length) {
    uint16_t crc;
    uint32_t this;
    const char *at = line;
    if (!crc_of_line(line, length, &crc)) {
        commands_bad(PSTR("crc"));
        return;
    }
    if (!number(&at, 65535, &this) || *at++ != ' ') {
        commands_bad(PSTR("number"));
        return;
    }
    safety_heard();
    if (this == last_number && crc == last_crc && line_resend()) return;
    line_begin();
    line_number(this);
    if (execute(this, at)) {
        last_number = this;
        last_crc = crc;
        line_keep();
    }
    line_send();
}

// ---- What the controller says by itself

static bool event(PGM_P word) {
    events++;  // also if it is not sent: the host sees the gap
    if (!line_fits()) return false;
    line_begin();
    line_text(PSTR("! "));
    line_number(events);
    line_text(PSTR(" "));
    line_text(word);
    return true;
}

void commands_event(uint8_t input) {
    static const char names[INPUTS][8] PROGMEM = {"start", "door", "estop", "trigger"};
    if (!event(names[input])) return;
    line_text(input_closed(input) ? PSTR(" 1") : PSTR(" 0"));
    line_send();
}

void commands_poll(void) {
    if (fell_silent) {
        fell_silent = 0;
        line_forget();  // a new host may begin with any number
        tower_alone();
        if (event(PSTR("silent"))) line_send();
    }
    if (lease_ended) {
        lease_ended = 0;
        if (event(PSTR("lease"))) line_send();
    }
    if (strobe_done() && event(PSTR("shot"))) {
        line_pair(PSTR("shots"), strobe_counts().shots);
        line_pair(PSTR("late"), strobe_counts().late);
        line_send();
    }
}

void commands_boot(void) {
    line_begin();
    line_text(PSTR("! 0 boot"));
    identity();
    line_pair(PSTR("well"), is_well());
    line_send();
}
