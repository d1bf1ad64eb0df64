"""Opens a document in LibreOffice with a password and prints its text. Usage: open.py PROFILE FILE PASSWORD"""
import subprocess, sys, time, uno
from com.sun.star.beans import PropertyValue
from com.sun.star.connection import NoConnectException

profile, path, password = sys.argv[1:4]
pipe = "referee" + "".join(c for c in profile if c.isalnum())[-60:]
office = subprocess.Popen(["soffice", "--headless", "--norestore", "-env:UserInstallation=file://" + profile, "--accept=pipe,name=%s;urp" % pipe])
try:
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    for attempt in range(600):
        try:
            context = resolver.resolve("uno:pipe,name=%s;urp;StarOffice.ComponentContext" % pipe)
            break
        except NoConnectException:
            time.sleep(0.1)
    desktop = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
    def value(name, v):
        p = PropertyValue()
        p.Name, p.Value = name, v
        return p
    try:
        document = desktop.loadComponentFromURL("file://" + path, "_blank", 0, (value("Hidden", True), value("Password", password)))
        print("opened: " + document.Text.String if document else "not opened")
        if document:
            document.close(True)
    except Exception as e:
        print("not opened: %s" % e)
    try:
        desktop.terminate()
    except Exception:
        pass
finally:
    try:
        office.wait(20)
    except subprocess.TimeoutExpired:
        office.kill()
        office.wait()
