"""The customer's phone of tau2-bench's telecom tasks, written against its data and policy: what the customer can see
and do on it, what goes wrong with it, and what must hold in the end. The carrier's side is in tau2_telecom.py."""

import copy
from typing import Any

MBPS = {"5G": 275.0, "4G": 80.0, "3G": 8.0, "2G": 0.3}
BEST = {"4g_5g_preferred": "5G", "4g_only": "4G", "3g_only": "3G", "2g_only": "2G"}
EXCELLENT = 200.0


class Phone:
    """One phone and the line it uses. `carrier` is its operator's records (tau2_telecom.World)."""

    def __init__(self, settings: dict[str, Any], carrier: Any) -> None:
        self.carrier = carrier
        self.phone_number = ""
        self.abroad = False
        self.sim = "active"  # active | missing | locked
        self.vpn_is_slow = self.apn_resets = False
        self.mms_over_wifi = False
        self.registered = True  # whether the network let the line in when the phone last asked
        self.apps = copy.deepcopy(settings["device"]["app_statuses"])
        self.apn = dict(settings["device"]["active_apn_settings"])
        self.factory_apn = dict(self.apn)
        self.on = {name: bool(settings["device"][key]) for name, key in _SWITCHES.items()}
        self.mode = settings["device"]["network_mode_preference"]

    # What follows from the phone's state.

    def connected(self) -> bool:
        """Whether there is cellular service."""
        return self.sim == "active" and not self.on["airplane"] and self.apn["apn_name"] != "broken" and self.registered

    def has_data(self) -> bool:
        """Whether mobile data works, at whatever speed."""
        line = self.carrier.line_of(self.phone_number)
        roams = self.on["roaming"] and line["roaming_enabled"]
        return self.connected() and self.on["data"] and (roams or not self.abroad) and self.carrier.has_data_left(line)

    def mbps(self) -> float:
        """The speed of mobile data."""
        slow = (0.1 if self.on["vpn"] and self.vpn_is_slow else 1.0) * (0.2 if self.on["data_saver"] else 1.0)
        return MBPS[BEST[self.mode]] * slow if self.has_data() else 0.0

    def sends_mms(self) -> bool:
        """Whether the messaging app can send a picture."""
        may = self.apps["messaging"]["permissions"]
        over_wifi = self.on["wifi_calling"] and self.mms_over_wifi
        reachable = self.has_data() and BEST[self.mode] != "2G" and bool(self.apn.get("mmsc_url"))
        return bool(reachable and not over_wifi and may["sms"] and may["storage"])

    # What the customer can do, by the names of the data set; each returns what the customer sees.

    def act(self, name: str, arguments: dict[str, Any]) -> str:
        """Do what the customer was asked to do."""
        if name in _TOGGLES:
            switch = _TOGGLES[name]
            self.on[switch] = not self.on[switch]
            return f"{switch} is {'on' if self.on[switch] else 'off'} now"
        return str(getattr(self, f"_{name}")(**arguments))

    def _set_network_mode_preference(self, mode: str) -> str:
        self.mode = mode
        return f"the network mode is {mode} now"

    def _reseat_sim_card(self) -> str:
        if self.sim == "missing":
            self.sim = "active"
        return f"the SIM card is {self.sim}"

    def _reset_apn_settings(self) -> str:
        self.apn_resets = True
        return "the APN settings will be reset at the next start"

    def _reboot_device(self) -> str:
        if self.apn_resets:
            self.apn, self.apn_resets = dict(self.factory_apn), False
        self.registered = self.carrier.line_of(self.phone_number)["status"] == "Active"
        return "the phone has started again"

    def _disconnect_vpn(self) -> str:
        self.on["vpn"] = False
        return "the VPN is disconnected"

    def _connect_vpn(self) -> str:
        self.on["vpn"] = True
        return "the VPN is connected"

    def _grant_app_permission(self, app_name: str, permission: str) -> str:
        self.apps[app_name]["permissions"][permission] = True
        return f"{app_name} may use {permission} now"

    def _check_payment_request(self) -> str:
        bill = self.carrier.awaiting_payment(self.phone_number)
        return f"there is a payment request for bill {bill['bill_id']}" if bill else "there is no payment request"

    def _make_payment(self) -> str:
        bill = self.carrier.awaiting_payment(self.phone_number)
        if bill is None:
            return "there is no payment request"
        bill["status"] = "Paid"
        return f"bill {bill['bill_id']} is paid"

    def _check_status_bar(self) -> str:
        shown = [f"signal: {BEST[self.mode] if self.connected() else 'no service'}"]
        shown += [f"{name.replace('_', ' ')} {'on' if on else 'off'}" for name, on in self.on.items()]
        return ", ".join(shown)

    _check_network_status = _check_wifi_status = _check_wifi_calling_status = _check_status_bar
    _check_data_restriction_status = _check_status_bar

    def _check_network_mode_preference(self) -> str:
        return f"the network mode is {self.mode}"

    def _check_sim_status(self) -> str:
        return f"the SIM card is {self.sim}"

    def _check_apn_settings(self) -> str:
        return f"APN {self.apn['apn_name']}, MMSC URL {self.apn.get('mmsc_url') or 'not set'}"

    def _check_vpn_status(self) -> str:
        state = ("connected, performance poor" if self.vpn_is_slow else "connected") if self.on["vpn"] else "off"
        return f"the VPN is {state}"

    def _check_installed_apps(self) -> str:
        return ", ".join(self.apps)

    def _check_app_permissions(self, app_name: str) -> str:
        granted = [name for name, given in self.apps[app_name]["permissions"].items() if given]
        return f"{app_name} may use {', '.join(granted) or 'nothing'}"

    _check_app_status = _check_app_permissions

    def _run_speed_test(self) -> str:
        speed = self.mbps()
        words = "excellent" if speed >= EXCELLENT else "slow"
        return f"{speed:.1f} Mbps, {words}" if speed else "no connection"

    def _can_send_mms(self) -> str:
        return f"pictures can {'' if self.sends_mms() else 'not '}be sent"

    # What goes wrong before a task begins, and what must hold at its end, by the names of the data set.

    def begin(self, name: str, arguments: dict[str, Any]) -> None:
        """Bring about one of the troubles that a task begins with."""
        if name in _BEGINNINGS:
            switch, on = _BEGINNINGS[name]
            self.on[switch] = on
        elif name == "set_network_mode_preference":
            self.mode = arguments["mode"]
        elif name == "set_user_info":
            self.phone_number = arguments["phone_number"]
        elif name == "set_user_location":
            self.abroad = arguments["abroad"]
        elif name == "set_wifi_calling":
            self.on["wifi_calling"] = arguments["enabled"]
            self.mms_over_wifi = arguments["mms_over_wifi"]
        elif name in ("unseat_sim_card", "lock_sim_card"):
            self.sim = "missing" if name == "unseat_sim_card" else "locked"
        elif name == "break_apn_settings":
            self.apn["apn_name"] = "broken"
        elif name == "break_apn_mms_setting":
            self.apn["mmsc_url"] = ""
        elif name == "break_vpn":
            self.on["vpn"] = self.vpn_is_slow = True
        elif name == "remove_app_permission":
            self.apps[arguments["app_name"]]["permissions"][arguments["permission"]] = False
        elif name != "simulate_network_search":  # the phone is always searching here
            raise ValueError(f"nobody knows the trouble {name!r}")

    def holds(self, name: str, arguments: dict[str, Any]) -> bool:
        """Say whether one of the data set's assertions about the phone holds."""
        if name == "assert_service_status":
            return self.connected() == bool(arguments["expected_status"] == "connected")
        if name == "assert_mobile_data_status":
            return self.has_data() == bool(arguments["expected_status"])
        if name == "assert_internet_speed":
            return self.mbps() >= float(arguments["expected_speed"])
        if name == "assert_can_send_mms":
            return self.sends_mms() == bool(arguments["expected_status"])
        raise ValueError(f"nobody knows the assertion {name!r}")


_SWITCHES = {
    "airplane": "airplane_mode",
    "data": "data_enabled",
    "roaming": "roaming_enabled",
    "wifi": "wifi_enabled",
    "wifi_calling": "wifi_calling_enabled",
    "data_saver": "data_saver_mode",
    "vpn": "vpn_connected",
}
_TOGGLES = {
    "toggle_airplane_mode": "airplane",
    "toggle_data": "data",
    "toggle_roaming": "roaming",
    "toggle_data_saver_mode": "data_saver",
    "toggle_wifi": "wifi",
    "toggle_wifi_calling": "wifi_calling",
}
_BEGINNINGS = {
    "turn_airplane_mode_on": ("airplane", True),
    "turn_data_off": ("data", False),
    "turn_data_saver_mode_on": ("data_saver", True),
    "turn_roaming_off": ("roaming", False),
    "turn_roaming_on": ("roaming", True),
}
ACTIONS = {  # what a customer can do, with its arguments
    **dict.fromkeys(_TOGGLES, ()),
    **{
        name.removeprefix("_"): tuple(method.__code__.co_varnames[1 : method.__code__.co_argcount])
        for name, method in vars(Phone).items()
        if name.startswith(("_set_", "_re", "_disconnect", "_connect", "_grant", "_check", "_make", "_run", "_can"))
    },
}
