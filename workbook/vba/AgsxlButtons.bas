Attribute VB_Name = "AgsxlButtons"
Option Explicit

' The buttons of the plan's workbook, and its ribbon tab "Action plan".
'
' Each starts one function of agsxl.macros in Python, through RunPython of xlwings. Python says its own
' results and troubles; here is said only what Python cannot say, that it could not be started.
' Nothing here runs by itself, opens a connection, or saves the workbook. It keeps to what LibreOffice runs
' as well, where it is tried: no status bar, which ends a LibreOffice without a window.

Private Const LAST_RESULT As String = "Agsxl_LastResult" ' the cell on Start that shows the last result
Private Const DOCTOR As String = "type  agsxl addin doctor  in a terminal to see what is wrong."

Public Sub Agsxl_Check()
    Press "Check", "check"
End Sub

Public Sub Agsxl_Slippage()
    Press "Slippage", "slippage"
End Sub

Public Sub Agsxl_Chase()
    Press "Chase", "chase"
End Sub

Public Sub Agsxl_ReadReplies()
    Press "Read replies", "read_replies"
End Sub

Public Sub Agsxl_UpdatePlan()
    Press "Update plan", "update_plan"
End Sub

Public Sub Agsxl_Undo()
    Press "Undo last update", "undo"
End Sub

Public Sub Agsxl_Report()
    Press "Report", "report"
End Sub

Public Sub Agsxl_NewYear()
    Press "New year", "new_year"
End Sub

Public Sub Agsxl_Help()
    ' The Start sheet says what to press, also on a computer without Python.
    On Error Resume Next
    ThisWorkbook.Worksheets("Start").Activate
    On Error GoTo 0
    Press "Help", "show_help"
End Sub

Public Sub Ribbon_Check(control As IRibbonControl)
    Agsxl_Check
End Sub

Public Sub Ribbon_Slippage(control As IRibbonControl)
    Agsxl_Slippage
End Sub

Public Sub Ribbon_Chase(control As IRibbonControl)
    Agsxl_Chase
End Sub

Public Sub Ribbon_ReadReplies(control As IRibbonControl)
    Agsxl_ReadReplies
End Sub

Public Sub Ribbon_UpdatePlan(control As IRibbonControl)
    Agsxl_UpdatePlan
End Sub

Public Sub Ribbon_Undo(control As IRibbonControl)
    Agsxl_Undo
End Sub

Public Sub Ribbon_Report(control As IRibbonControl)
    Agsxl_Report
End Sub

Public Sub Ribbon_NewYear(control As IRibbonControl)
    Agsxl_NewYear
End Sub

Public Sub Ribbon_Help(control As IRibbonControl)
    Agsxl_Help
End Sub

Private Sub Press(ByVal label As String, ByVal job As String)
    ' On a Mac Python goes on by itself after RunPython. So what would be true if it never came is written
    ' first; Python writes over it.
    Dim misnamed As String
    On Error GoTo Failed
    misnamed = Agsxl_Misnamed(ThisWorkbook.Name)
    If misnamed <> "" Then
        Tell misnamed
        Exit Sub
    End If
    Note label & " began at " & Format(Now, "hh:mm") & "; if this line does not change within a minute, " & DOCTOR
    RunPython "import agsxl.macros; agsxl.macros." & job & "()"
    Exit Sub
Failed:
    Agsxl_Trouble "Error " & Err.Number & ": " & Err.Description
End Sub

Private Sub Note(ByVal sentence As String)
    ' A plan without a Start sheet, or with a protected one, still has the message. The name is not asked
    ' for its cells: LibreOffice cannot tell them, and a name by itself is looked for in the workbook in front.
    Dim place As String
    Dim mark As Long
    On Error Resume Next
    place = Mid(ThisWorkbook.Names(LAST_RESULT).RefersTo, 2)
    mark = InStrRev(place, "!")
    ThisWorkbook.Worksheets(Replace(Left(place, mark - 1), "'", "")).Range(Mid(place, mark + 1)).Value = sentence
End Sub

Public Sub Agsxl_Trouble(ByVal detail As String)
    ' Says in one sentence that Python could not be started, or what it stopped with. xlwings calls it too.
    Tell Agsxl_Remedy(detail)
End Sub

Private Sub Tell(ByVal sentence As String)
    ' Where the officer looks, also once the message is closed.
    Note sentence
    MsgBox sentence, vbExclamation, "Action plan"
End Sub

Public Function Agsxl_Misnamed(ByVal book As String) As String
    ' On a Mac the workbook's name goes through a shell, which would take these signs for commands.
    Dim place As Long
    For place = 1 To Len(book)
        If InStr("$`\" & Chr(34), Mid(book, place, 1)) > 0 Then
            Agsxl_Misnamed = "Python is not started for a workbook with the sign " & Mid(book, place, 1) & _
                " in its name: save it under a name of plain letters and press the button again."
            Exit Function
        End If
    Next place
End Function

Public Function Agsxl_Remedy(ByVal detail As String) As String
    ' What Windows, macOS, VBA or Python said, as one sentence with what to do.
    If Says(detail, "No module named 'agsxl") Then
        Agsxl_Remedy = "Python is there but agsxl is not installed in it: type  python -m pip install agsxl  in a " & _
            "terminal, then  agsxl addin install  and press the button again."
    ElseIf Says(detail, "No module named 'xlwings|No module named 'win32|No module named 'pywin|No module named 'appscript") Then
        Agsxl_Remedy = "Python is there but xlwings, by which agsxl reaches this workbook, is not: type  python -m pip " & _
            "install xlwings  in a terminal, then  agsxl addin install  and press the button again."
    ElseIf Says(detail, "AppleScriptTask") Then
        Agsxl_Remedy = "The buttons are not set up on this Mac yet: type  agsxl addin install  in Terminal and press the " & _
            "button again."
    ElseIf Says(detail, "Could not find Interpreter|Could not find Conda|is not recognized|Python was not found|command not found|No such file|cannot find the path") Then
        Agsxl_Remedy = "Python was not found where Excel looks for it: type  agsxl addin install  in a terminal and press " & _
            "the button again, or have Python and agsxl installed first if the terminal does not know agsxl."
    ElseIf Says(detail, "Permission denied|Access is denied|blocked|Group Policy|administrator|IWshShell|ActiveX|File not found|not permitted|not authori") Then
        Agsxl_Remedy = "This computer does not let Excel start Python, by a rule of its administrator: what the buttons do " & _
            "can be done in a terminal, such as  agsxl check --live  for this open workbook, and  agsxl addin doctor  says what to ask IT for."
    ElseIf LastLine(detail) = "" Then
        Agsxl_Remedy = "Python stopped without saying why: " & DOCTOR
    Else
        Agsxl_Remedy = "Python stopped (" & LastLine(detail) & "): " & DOCTOR
    End If
End Function

Private Function Says(ByVal detail As String, ByVal phrases As String) As Boolean
    ' True if one of the phrases, parted by bars, is in the text, in capitals or not.
    Dim phrase As Variant
    For Each phrase In Split(phrases, "|")
        If InStr(1, LCase(detail), LCase(phrase)) > 0 Then Says = True
    Next phrase
End Function

Private Function LastLine(ByVal detail As String) As String
    ' The last line with something on it: there Python says what the trouble was.
    Dim piece As Variant
    For Each piece In Split(Replace(detail, vbCr, vbLf), vbLf)
        If Trim(piece) <> "" Then LastLine = Trim(piece)
    Next piece
End Function
