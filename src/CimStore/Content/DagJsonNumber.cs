using System.Globalization;

namespace CimStore.Content;

/// <summary>
/// Floats as other DAG-JSON tools write them: the shortest digits that read back, laid out as ECMAScript does, with a
/// decimal point or an exponent so that a float never reads back as an integer.
/// </summary>
internal static class DagJsonNumber
{
    public static string Format(double value)
    {
        var (digits, exponent) = Split(Math.Abs(value).ToString("R", CultureInfo.InvariantCulture));
        return (double.IsNegative(value) ? "-" : "") + Layout(digits, exponent);
    }

    /// <summary>0.d1d2d3... x 10^exponent.</summary>
    private static (string Digits, int Exponent) Split(string text)
    {
        var at = text.IndexOf('E', StringComparison.Ordinal);
        var exponent = at < 0 ? 0 : int.Parse(text.AsSpan(at + 1), CultureInfo.InvariantCulture);
        var mantissa = at < 0 ? text : text[..at];
        var point = mantissa.IndexOf('.', StringComparison.Ordinal);
        var whole = point < 0 ? mantissa : mantissa[..point];
        var all = point < 0 ? mantissa : whole + mantissa[(point + 1)..];
        var significant = all.TrimStart('0');
        exponent += whole.Length - (all.Length - significant.Length);
        significant = significant.TrimEnd('0');
        return significant.Length == 0 ? ("0", 1) : (significant, exponent);
    }

    private static string Layout(string digits, int exponent)
    {
        var count = digits.Length;
        if (count <= exponent && exponent <= 21)
        {
            return digits + new string('0', exponent - count) + ".0";
        }

        if (exponent is > 0 and <= 21)
        {
            return digits[..exponent] + "." + digits[exponent..];
        }

        if (exponent is > -6 and <= 0)
        {
            return "0." + new string('0', -exponent) + digits;
        }

        var fraction = count == 1 ? "" : "." + digits[1..];
        return string.Create(CultureInfo.InvariantCulture, $"{digits[0]}{fraction}e{exponent - 1:+0;-0}");
    }
}
